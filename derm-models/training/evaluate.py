"""Figures of an exported ONNX file: a detector on YOLO-labelled images, a classifier on folders of crops."""
import argparse
import json
import os

import numpy as np
import onnx
import onnxruntime
import torch
from PIL import Image

from classify_data import MEAN, STD, read_folders, square
from classify_metrics import distractor_figures, figures as class_figures, softmax
from darknet import Head
from detect_data import DetectionSet, letterbox
from detect_metrics import candidates, figures, match, nms


class Heads:
    """The heads of a detector as its metadata describes them."""

    def __init__(self, meta, outputs):
        flat = [tuple(float(v) for v in pair.split(",")) for pair in meta["derm.anchors"].split()]
        self.heads = [Head(0, [flat[int(i)] for i in mask.split(",")], float(meta["derm.scale_x_y"]),
                           output.shape[1] // 3 - 5, 0.7, 0.3)
                      for mask, output in zip(meta["derm.masks"].split(";"), outputs)]


def detect_one(session, heads, image, threshold, nms_threshold):
    """Boxes of an image, float32 [n,5] left, top, right, bottom in its pixels and score, best first."""
    size = session.get_inputs()[0].shape[2]
    pixels, _, scale, dx, dy = letterbox(image, np.zeros((0, 5), np.float32), size)
    raw = session.run(None, {"input": pixels.transpose(2, 0, 1)[None].astype(np.float32) / 255})
    boxes = nms(candidates([torch.from_numpy(r) for r in raw], heads, size, threshold)[0], nms_threshold)
    boxes[:, :4] = (boxes[:, :4] - [dx, dy, dx, dy]) / scale
    return boxes


def detector(session, meta, paths, nms_threshold):
    data = DetectionSet(paths)
    heads = Heads(meta, session.get_outputs())
    found = [detect_one(session, heads, data.image(i), 0.01, nms_threshold) for i in range(len(data))]
    truth = [b[:, 1:] for b in data.boxes]
    report = figures(found, truth, data.tones)
    scores, hits, _, found_at = match(found, truth)
    for at in (0.25, 0.4, 0.5, 0.6):
        report["at_%g" % at] = {"recall": float((np.concatenate(found_at) >= at).mean()),
                                "false_boxes_per_image": float((~hits[scores >= at]).sum() / len(data))}
    report["images"], report["lesions"] = len(data), sum(len(t) for t in truth)
    return report


def classifier(session, meta, paths):
    size, temperature = session.get_inputs()[0].shape[2], float(meta["derm.temperature"])
    logits, labels, tones = [], [], []
    for folder in paths:
        tone_of = {}
        coco = os.path.join(folder, "..", "annotations.json")
        if os.path.exists(coco):
            with open(coco) as source:
                tone_of = {os.path.splitext(os.path.basename(i["file_name"]))[0]: i.get("fitzpatrick")
                           for i in json.load(source)["images"]}
        for file, label in read_folders(folder):
            with Image.open(file) as opened:
                pixels = square(opened.convert("RGB"), size)
            x = ((pixels.astype(np.float32) - MEAN) / STD).transpose(2, 0, 1)[None]
            logits.append(session.run(None, {"input": np.ascontiguousarray(x, np.float32)})[0][0])
            labels.append(label)
            # phantom crops are named by scene: SEED_ID.png
            tones.append(tone_of.get(os.path.basename(file).split("_")[0]))
    logits, labels, tones = np.array(logits), np.array(labels), np.array([str(t) for t in tones])
    report = {}
    p = softmax(logits / temperature)
    if p.shape[1] > 3:
        report.update(distractor_figures(p, labels))
        # as derm answers: what is no lesion counts as unknown
        p = np.stack([p[:, 0], p[:, 1] + p[:, 3], p[:, 2]], 1)
        logits, temperature = np.log(p + 1e-12), 1.0
    labels = np.where(labels == 3, 1, labels)
    report.update(class_figures(logits, labels, temperature))
    for tone in sorted(set(tones) - {"None"}):
        g = tones == tone
        melanoma = g & (labels == 2)
        report["tone_%s" % tone] = {
            "crops": int(g.sum()), "melanoma_auc": class_figures(logits[g], labels[g], temperature)["melanoma_auc"],
            "sensitivity": float((p[melanoma, 2] > report["threshold"]).mean()) if melanoma.any() else None}
    report["crops"] = len(labels)
    return report


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("onnx")
    p.add_argument("data", nargs="+")
    p.add_argument("--nms", type=float, default=0.45)
    p.add_argument("--threads", type=int, default=0)
    args = p.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    session = onnxruntime.InferenceSession(args.onnx, options, providers=["CPUExecutionProvider"])
    meta = {e.key: e.value for e in onnx.load(args.onnx).metadata_props}
    if meta.get("derm.task") == "detect":
        report = detector(session, meta, args.data, args.nms)
    else:
        report = classifier(session, meta, args.data)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
