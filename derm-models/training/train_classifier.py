"""Trains the lesion classifier on folders of crops or on an ISIC csv. See README.md."""
import argparse
import json
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

import common
from classify_data import LABELS, Crops, read_csv, read_folders
from classify_metrics import figures, fit_temperature
from effnet import EfficientNet
from onnx_reader import classifier_checkpoint, keep_statistics


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--crops", nargs="*", default=[], help="folders with benign/ unknown/ melanoma/ distractor/")
    p.add_argument("--csv", help="ISIC 2018/2019 (one-hot) or 2020 csv")
    p.add_argument("--images", help="image folder of --csv")
    p.add_argument("--val", nargs="*", default=[], help="folders of crops for the figures; else a part is held out")
    p.add_argument("--hold-out", type=float, default=0.1, help="share held out for the temperature (and figures)")
    p.add_argument("--out", required=True)
    p.add_argument("--init", help="checkpoint to start from, ours or torchvision's EfficientNet-B0 state dict, or a released ONNX file")
    p.add_argument("--lite", action="store_true", help="EfficientNet-Lite0 in place of B0")
    p.add_argument("--teacher", help="an exported ONNX file of the same classes, whose probabilities are learnt beside the labels; "
                   "a Lite0 that also starts from it (--init) takes over its weights and statistics")
    p.add_argument("--teacher-weight", type=float, default=0.7, help="of its probabilities in the loss")
    p.add_argument("--freeze", type=int, default=0, help="so many of the nine stages, from the first, keep their weights")
    p.add_argument("--phases", default="128:16,224:4", help="size:epochs,...")
    p.add_argument("--epoch-images", type=int, default=0, help="crops an epoch; 0 for all")
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--weight-decay", type=float, default=0.03)
    p.add_argument("--smoothing", type=float, default=0.05)
    p.add_argument("--strength", type=float, default=0.8, help="of the photometric augmentation")
    p.add_argument("--margin", type=float, default=1.0, help="part of a stored crop that the runtime's crop covers")
    p.add_argument("--ema", type=float, default=0.998)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--threads", type=int, default=0)
    p.add_argument("--cache-mb", type=float, default=5000)
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    p.add_argument("--precision", choices=["auto", "fp32", "bf16", "fp16"], default="auto")
    p.add_argument("--resume", action="store_true")
    return p.parse_args()


def predict(model, dataset, device, batch=64):
    model.eval()
    logits, labels = [], []
    with torch.no_grad():
        for x, y in torch.utils.data.DataLoader(dataset, batch):
            logits.append(model(x.to(device).contiguous(memory_format=torch.channels_last)).float().cpu().numpy())
            labels.append(y.numpy())
    return np.concatenate(logits), np.concatenate(labels)


def keep_known_classes(model, state):
    """Where a checkpoint knows derm's first classes and the model has one more, they keep their rows of the last layer."""
    own = model.state_dict()
    for name in ("classifier.1.weight", "classifier.1.bias"):
        known = state.get(name)
        if known is not None and known.shape[0] == len(LABELS) - 1 and own[name].shape[0] == len(LABELS):
            state[name] = torch.cat([known, torch.zeros_like(known[:1])])


def take_over(model, teacher, batches):
    """Starts a Lite0 from a B0: its weights, and BatchNorms that give each channel the mean and deviation it has there."""
    sums, norms = {}, [m for m in teacher.features.modules() if isinstance(m, torch.nn.BatchNorm2d)]

    def gather(norm, _, output):
        total = sums.setdefault(norm, [0, 0, 0])
        for k, v in enumerate((1, output.mean((0, 2, 3)), output.square().mean((0, 2, 3)))):
            total[k] = total[k] + v

    handles = [n.register_forward_hook(gather) for n in norms]
    with torch.no_grad():
        for x in batches:
            teacher(x)
        for mine, theirs in zip([m for m in model.features.modules() if isinstance(m, torch.nn.BatchNorm2d)], norms):
            n, mean, square = sums[theirs]
            mine.bias.copy_(mean / n)
            mine.weight.copy_((square / n - (mean / n) ** 2).clamp(min=1e-6).sqrt())
    for h in handles:
        h.remove()


def main():
    args = arguments()
    os.makedirs(args.out, exist_ok=True)
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    precision = common.Precision(args.device, args.precision)
    pairs = [p for folder in args.crops for p in read_folders(folder)]
    if args.csv:
        pairs += read_csv(args.csv, args.images or os.path.dirname(args.csv))
    if not pairs:
        raise SystemExit("give --crops DIR or --csv FILE --images DIR")
    order = np.random.RandomState(args.seed).permutation(len(pairs))
    held = int(len(pairs) * args.hold_out)
    held_out, pairs = [pairs[i] for i in order[:held]], [pairs[i] for i in order[held:]]
    names = LABELS if any(label == len(LABELS) - 1 for _, label in pairs) else LABELS[:-1]
    counts = np.bincount([label for _, label in pairs], minlength=len(names))
    common.log("%d crops %s, %d held out, %s on %s" %
               (len(pairs), dict(zip(names, counts.tolist())), held, precision.mode, args.device))
    # rare classes are drawn more often, by the square root of their rarity
    weights = torch.tensor([1 / np.sqrt(counts[label]) for _, label in pairs])

    model, folded = EfficientNet(len(names), args.lite), bool(args.init) and args.init.endswith(".onnx")
    if args.init:
        state = classifier_checkpoint(args.init) if folded else common.load(args.init)
        folded = folded and state["lite"] == args.lite
        state = state.get("ema", state)
        keep_known_classes(model, state)
        left_out = common.load_matching(model, state)
        common.log("not taken from --init:", left_out or "nothing")
    teacher = None
    if args.teacher:
        state = classifier_checkpoint(args.teacher)
        taught = len(state["ema"]["classifier.1.bias"])
        if taught != len(names):
            raise SystemExit("--teacher knows %d classes, expected the %d of the crops: %s" % (taught, len(names), ", ".join(names)))
        teacher = EfficientNet(len(names), state["lite"])
        teacher.load_state_dict(state["ema"])
        teacher = teacher.eval().to(args.device, memory_format=torch.channels_last)
    model.features[:args.freeze].requires_grad_(False)
    model = model.to(args.device, memory_format=torch.channels_last)
    optimizer = common.optimizer_for(model, args.lr, args.weight_decay)
    average = common.Average(model, args.ema)
    sizes = [int(s) for part in args.phases.split(",") for s in [part.split(":")[0]] * int(part.split(":")[1])]
    epoch_images = args.epoch_images or len(pairs)
    steps_per_epoch = epoch_images // args.batch
    total, epoch, last = steps_per_epoch * len(sizes), 0, os.path.join(args.out, "last.pt")
    if args.resume and os.path.exists(last):
        state = common.load(last)
        model.load_state_dict(state["model"])
        average.model.load_state_dict(state["ema"])
        average.steps, epoch = state["ema_steps"], state["epoch"]
        optimizer.load_state_dict(state["optimizer"])
        common.log("resumed at epoch", epoch)

    cache = {}
    train = Crops(pairs, sizes[0], True, args.seed, args.strength, cache, args.margin)
    train.fill(args.cache_mb)
    if teacher and args.init == args.teacher and not folded and epoch == 0:
        loader = torch.utils.data.DataLoader(torch.utils.data.Subset(train, range(0, len(train), max(1, len(train) // 256))), 32)
        take_over(model, teacher, (x.to(args.device) for x, _ in loader))
    while epoch < len(sizes):
        train.size, train.epoch = sizes[epoch], epoch
        sampler = torch.utils.data.WeightedRandomSampler(
            weights, steps_per_epoch * args.batch, generator=torch.Generator().manual_seed(args.seed * 1009 + epoch))
        loader = torch.utils.data.DataLoader(train, args.batch, sampler=sampler, num_workers=args.workers,
                                             drop_last=True)
        model.train()
        keep_statistics(model if folded else model.features[:args.freeze])
        began, sums = time.time(), np.zeros(2)
        for i, (x, y) in enumerate(loader):
            for group in optimizer.param_groups:
                group["lr"] = common.cosine(epoch * steps_per_epoch + i, total, min(200, total // 10 + 1), args.lr)
            x, y = x.to(args.device).contiguous(memory_format=torch.channels_last), y.to(args.device)
            with precision.autocast():
                logits = model(x)
            loss = F.cross_entropy(logits.float(), y, label_smoothing=args.smoothing)
            if teacher:
                with torch.no_grad(), precision.autocast():
                    target = F.softmax(teacher(x).float(), 1)
                loss = (1 - args.teacher_weight) * loss + args.teacher_weight * F.cross_entropy(logits.float(), target)
            precision.step(loss, optimizer, model.parameters())
            average.update(model)
            sums += [float(loss.detach()), float((logits.argmax(1) == y).float().mean())]
            if i % 50 == 49 or i + 1 == steps_per_epoch:
                common.log("epoch %d %d/%d size %d loss %.4f accuracy %.3f, %.3f s/image" %
                           (epoch, i + 1, steps_per_epoch, sizes[epoch], *(sums / (i + 1)),
                            (time.time() - began) / (i + 1) / args.batch))
        epoch += 1
        report, temperature = {}, 1.0
        if held_out and (epoch % 4 == 0 or epoch == len(sizes)):
            logits, labels = predict(average.model, Crops(held_out, train.size, margin=args.margin), args.device)
            # calibrated on what is held out from training, then judged on crops that neither has seen
            temperature = fit_temperature(logits, labels)
            report = figures(logits, labels, temperature)
            common.log("held out, temperature %.3f" % temperature, json.dumps(report))
            val = [p for folder in args.val for p in read_folders(folder)]
            if val:
                report = figures(*predict(average.model, Crops(val, train.size, margin=args.margin), args.device),
                                 temperature)
                common.log("validation", json.dumps(report))
        common.save(last, model=model.state_dict(), ema=average.model.state_dict(), ema_steps=average.steps,
                    optimizer=optimizer.state_dict(), epoch=epoch, temperature=temperature, report=report,
                    size=sizes[epoch - 1], labels=names, lite=args.lite, args=vars(args))


if __name__ == "__main__":
    main()
