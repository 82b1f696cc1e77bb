"""Trains the lesion detector on YOLO-labelled images. See README.md."""
import argparse
import json
import os
import time

import numpy as np
import torch

import common
import onnx_reader
from darknet import Darknet, with_anchors, with_classes
from detect_data import AugmentedDetection, DetectionSet, cluster_anchors, collate
from detect_loss import detection_loss
from detect_metrics import detect, figures

HERE = os.path.dirname(os.path.abspath(__file__))


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--data", nargs="+", required=True, help="folders with images/ and labels/, or darknet lists")
    p.add_argument("--val", nargs="*", default=[], help="the same, for the figures")
    p.add_argument("--val-limit", type=int, help="at most so many validation images while training")
    p.add_argument("--out", required=True, help="folder for checkpoints and the cfg")
    p.add_argument("--cfg", default=os.path.join(HERE, "yolov4-tiny-3l-derm.cfg"))
    p.add_argument("--anchors", choices=["cluster", "cfg"], default="cluster")
    p.add_argument("--init", help="checkpoint or ONNX file to start from: its weights, its cfg and anchors, a fresh schedule")
    p.add_argument("--freeze", type=int, default=0, metavar="N", help="leave the first N layers as --init has them: less to compute")
    p.add_argument("--classes", type=int, default=1)
    p.add_argument("--phases", default="288:20,416:20",
                   help="size:epochs,... ; sizes below the cfg's train on crops of the view at full size")
    p.add_argument("--plain-epochs", type=int, default=4, help="last epochs: no mosaic, half-strength augmentation")
    p.add_argument("--strength", type=float, default=1.0, help="of the photometric augmentation")
    p.add_argument("--mosaic", type=float, default=0.5, help="share of mosaic views")
    p.add_argument("--epoch-images", type=int, default=2000, help="views an epoch, whatever the size of the data")
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--weight-decay", type=float, default=0.02)
    p.add_argument("--ema", type=float, default=0.998)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--threads", type=int, default=0)
    p.add_argument("--cache-mb", type=float, default=6000, help="decoded images kept in memory")
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    p.add_argument("--precision", choices=["auto", "fp32", "bf16", "fp16"], default="auto")
    p.add_argument("--resume", action="store_true", help="go on from OUT/last.pt")
    p.add_argument("--eval-every", type=int, default=4, help="epochs between figures")
    return p.parse_args()


def main():
    args = arguments()
    os.makedirs(args.out, exist_ok=True)
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    precision = common.Precision(args.device, args.precision)
    data = DetectionSet(args.data, args.cache_mb)
    val = DetectionSet(args.val, args.cache_mb, args.val_limit) if args.val else None
    common.log("%d images, %d boxes, %s on %s" %
               (len(data), sum(len(b) for b in data.boxes), precision.mode, args.device))

    last = os.path.join(args.out, "last.pt")
    state = common.load(last) if args.resume and os.path.exists(last) else None
    with open(args.cfg) as source:
        cfg = source.read()
    folded = args.init is not None and args.init.endswith(".onnx")
    start = state or (onnx_reader.checkpoint(args.init, cfg) if folded else common.load(args.init) if args.init else None)
    cfg = start["cfg"] if start else cfg
    cfg = with_classes(cfg, args.classes)
    if args.anchors == "cluster" and not start:
        cfg = with_anchors(cfg, anchors_of(data, Darknet(cfg).width, args.seed))
    model = Darknet(cfg)
    if start and not state:
        common.log("not taken from --init:", common.load_matching(model, start["ema"]) or "nothing")
    model.layers[:args.freeze].requires_grad_(False)
    model = model.to(args.device, memory_format=torch.channels_last)
    optimizer = common.optimizer_for(model, args.lr, args.weight_decay)
    average = common.Average(model, args.ema)
    with open(os.path.join(args.out, "detector.cfg"), "w") as target:
        target.write(cfg)

    sizes = [int(s) for part in args.phases.split(",") for s in [part.split(":")[0]] * int(part.split(":")[1])]
    steps_per_epoch = args.epoch_images // args.batch
    total = steps_per_epoch * len(sizes)
    # an average warmed up over one epoch, so that short fine-tuning is not all warm-up
    warmup = min(200, total // 10 + 1)
    epoch, best = 0, 0.0
    if state:
        model.load_state_dict(state["model"])
        average.model.load_state_dict(state["ema"])
        average.steps = state["ema_steps"]
        optimizer.load_state_dict(state["optimizer"])
        epoch, best = state["epoch"], state["best"]
        common.log("resumed at epoch", epoch)

    while epoch < len(sizes):
        size, plain = sizes[epoch], epoch >= len(sizes) - args.plain_epochs
        views = AugmentedDetection(data, size, args.epoch_images, args.seed, epoch, 0.0 if plain else args.mosaic,
                                   args.strength * (0.5 if plain else 1.0), base=model.width)
        loader = torch.utils.data.DataLoader(views, args.batch, collate_fn=collate, num_workers=args.workers,
                                             drop_last=True)
        model.train()
        if folded:
            onnx_reader.keep_statistics(model)
        began, sums = time.time(), np.zeros(5)
        for i, (images, targets) in enumerate(loader):
            for group in optimizer.param_groups:
                group["lr"] = common.cosine(epoch * steps_per_epoch + i, total, warmup, args.lr)
            x = images.to(args.device).float().div_(255).contiguous(memory_format=torch.channels_last)
            with precision.autocast():
                outputs = model(x)
            loss, parts = detection_loss(outputs, targets, model, size)
            precision.step(loss, optimizer, model.parameters())
            average.update(model)
            sums += np.array([float(loss.detach()), *parts])
            if i % 25 == 24:
                common.log("epoch %d %d/%d size %d loss %.3f (box %.3f obj %.3f cls %.3f) positives %.0f, %.3f s/image" %
                           (epoch, i + 1, steps_per_epoch, size, *(sums / (i + 1)),
                            (time.time() - began) / (i + 1) / args.batch))
        epoch += 1
        if val and (epoch % args.eval_every == 0 or epoch == len(sizes)):
            found, truth = detect(average.model, val, model.width, args.device, autocast=precision.autocast)
            report = figures(found, truth, val.tones)
            common.log("validation", json.dumps({k: round(v, 4) for k, v in report.items()}))
            if report["map50"] > best:
                best = report["map50"]
                common.save(os.path.join(args.out, "best.pt"), cfg=cfg, ema=average.model.state_dict(),
                            report=report, args=vars(args))
        common.save(last, cfg=cfg, model=model.state_dict(), ema=average.model.state_dict(),
                    ema_steps=average.steps, optimizer=optimizer.state_dict(), epoch=epoch, best=best, args=vars(args))


def anchors_of(data, size, seed):
    """k-means over boxes as the network sees them: letterboxed to the input, and zoomed as the augmentation zooms."""
    rng = np.random.RandomState(seed)
    wh = []
    for i, boxes in enumerate(data.boxes):
        image = data.image(i) if data.images[i] is None else None
        height, width = data.images[i].shape[:2] if image is None else (image.height, image.width)
        scale = min(size / width, size / height)
        for b in boxes:
            side = np.array([b[3] - b[1], b[4] - b[2]]) * scale
            wh.append(side)
            wh.append(side * np.exp(rng.uniform(np.log(0.5), np.log(1.5))))
    wh = np.array(wh)
    wh = wh[(wh.min(1) >= 5) & (wh.max(1) <= 300)]
    # most lesions are tiny: every half octave of size counts by the square root of its number, or all anchors end there
    octave = (np.log2(wh.prod(1))).astype(int)
    share = 1 / np.sqrt(np.bincount(octave)[octave])
    wh = wh[rng.choice(len(wh), 6000, p=share / share.sum())]
    anchors, score = cluster_anchors(wh, seed=seed)
    common.log("anchors %s, mean IoU %.3f" % (" ".join("%.1f,%.1f" % tuple(a) for a in anchors), score))
    return np.round(anchors, 1)


if __name__ == "__main__":
    main()
