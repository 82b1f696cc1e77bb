"""Writes a checkpoint as an ONNX file with its metadata, and checks it against PyTorch in ONNX Runtime. See README.md."""
import argparse
import os
import re

import numpy as np
import torch

import common
import onnx_writer
from darknet import Darknet
from effnet import EfficientNet

COUNTS_AS = {"distractor": "NO_LESION"}
INTENDED_USE = "research use only, not a medical device"


def detector_metadata(net, args):
    anchors = {i: a for h, mask in zip(net.heads, masks(net)) for i, a in zip(mask, h.anchors)}
    return {
        "derm.name": args.name or "derm-yolov4-tiny-3l",
        "derm.version": args.version,
        "derm.task": "detect",
        "derm.labels": args.labels or ",".join(["lesion"] if net.classes == 1 else map(str, range(net.classes))),
        "derm.licence": args.licence,
        "derm.intended_use": INTENDED_USE,
        "derm.input.layout": "nchw",
        "derm.input.fit": "letterbox",
        "derm.input.pad": "114",
        "derm.input.channels": "rgb",
        "derm.input.mean": "0,0,0",
        "derm.input.std": "255,255,255",
        "derm.decoder": "darknet",
        "derm.anchors": " ".join("%g,%g" % anchors[i] for i in sorted(anchors)),
        "derm.masks": ";".join(",".join(map(str, m)) for m in masks(net)),
        "derm.scale_x_y": "%g" % net.heads[0].scale_x_y,
        "derm.new_coords": "0",
        "derm.nms": "greedy",
        "derm.score_threshold": "%g" % args.threshold,
        **({"derm.confirm_score": "%g" % args.confirm} if args.confirm else {}),
    }


def masks(net):
    return [[int(v) for v in s.options["mask"].split(",")] for s in net.sections if s.kind == "yolo"]


def classifier_metadata(labels, lite, temperature, args):
    return {
        "derm.name": args.name or "derm-efficientnet-" + ("lite0" if lite else "b0"),
        "derm.version": args.version,
        "derm.task": "classify",
        "derm.labels": ",".join(labels),
        "derm.classes": ",".join("%s=%s" % (v, COUNTS_AS.get(v, v.upper())) for v in labels),
        "derm.licence": args.licence,
        "derm.intended_use": INTENDED_USE,
        "derm.input.layout": "nchw",
        "derm.input.fit": "square-crop",
        "derm.input.crop_scale": "%g" % args.crop_scale,
        "derm.input.channels": "rgb",
        "derm.input.mean": "123.675,116.28,103.53",
        "derm.input.std": "58.395,57.12,57.375",
        "derm.activation": "logits",
        "derm.temperature": "%.4f" % temperature,
    }


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("checkpoint")
    p.add_argument("onnx")
    p.add_argument("--version", default="0.1.0")
    p.add_argument("--name")
    p.add_argument("--labels", help="detector: class names in order, separated by commas")
    p.add_argument("--threshold", type=float, default=0.35,
                   help="detector: lowest score that counts unless a user says otherwise")
    p.add_argument("--objectness-shift", type=float, default=0.0, metavar="LOGIT",
                   help="detector: added to all objectness, so that a threshold keeps the recall that it had before training on")
    p.add_argument("--confirm", type=float,
                   help="detector: mean score of a lesion's sightings from which on an exam reports it")
    p.add_argument("--licence", default="Apache-2.0", help="SPDX identifier: that of your weights")
    p.add_argument("--crop-scale", type=float, default=1.25, help="classifier: side of the crop over that of the box")
    p.add_argument("--size", type=int, default=224, help="classifier: input side")
    p.add_argument("--fp32", action="store_true", help="store float32 weights instead of float16")
    p.add_argument("--card", help="model card whose SHA-256 row is set to that of the file")
    p.add_argument("--darknet", help="detector: also write darknet .weights to this file")
    args = p.parse_args()
    state = common.load(args.checkpoint)
    torch.manual_seed(0)
    if "cfg" in state:
        net = Darknet(state["cfg"])
        net.load_state_dict(state["ema"])
        net.eval()
        net.shift_objectness(args.objectness_shift)
        model = onnx_writer.detector(net, detector_metadata(net, args), not args.fp32)
        x = torch.rand(1, 3, net.height, net.width)
        if args.darknet:
            net.write_weights(args.darknet)
    else:
        net = EfficientNet(len(state["labels"]), state.get("lite", False))
        net.load_state_dict(state["ema"])
        net.eval()
        model = onnx_writer.classifier(net, args.size, classifier_metadata(state["labels"], net.lite, state["temperature"], args),
                                       not args.fp32)
        x = torch.randn(2, 3, args.size, args.size)
    digest = onnx_writer.write(model, args.onnx)
    if args.card:
        with open(args.card) as source:
            text = re.sub(r"(?m)^\| SHA-256 \|.*$", "| SHA-256 | `%s` |" % digest, source.read())
        with open(args.card, "w") as target:
            target.write(text)
    with torch.no_grad():
        expected = net(x)
    expected = expected if isinstance(expected, list) else [expected]
    import onnxruntime
    session = onnxruntime.InferenceSession(args.onnx, providers=["CPUExecutionProvider"])
    worst = max(float(np.abs(a - b.numpy()).max()) for a, b in zip(session.run(None, {"input": x.numpy()}), expected))
    print("%s: %.2f MB, SHA-256 %s, largest difference from PyTorch float32 %.5f" %
          (args.onnx, os.path.getsize(args.onnx) / 1e6, digest, worst))
    limit = 0.1 if not args.fp32 else 1e-3
    if worst > limit:
        raise SystemExit("the exported model differs by %g, expected at most %g" % (worst, limit))


if __name__ == "__main__":
    main()
