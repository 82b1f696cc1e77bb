#!/usr/bin/env python3
"""Times PyTorch on the networks that 'derm verify-gpu' times TensorRT on: YOLOv4 at 608x608 and EfficientNet-Lite0 at 224x224, random weights,
float16, channels_last, eager and torch.compile. A step takes a BGR frame in pinned memory: upload, resize, detect, cut and assess 8 regions,
outputs back to the host; decoding of boxes is left out, in PyTorch's favour. Writes one JSON object; what there was no time for is in "notRun".
"""

import argparse
import json
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Conv(nn.Sequential):
    def __init__(self, cin, cout, k, stride=1, act="leaky"):
        layers = [nn.Conv2d(cin, cout, k, stride, k // 2, bias=False), nn.BatchNorm2d(cout)]
        layers.append(nn.Mish(inplace=True) if act == "mish" else nn.LeakyReLU(0.1, inplace=True))
        super().__init__(*layers)


class Stage(nn.Module):
    """Halves the picture; one half of the channels goes through residual blocks, the other around them."""

    def __init__(self, cin, cout, split, inner, blocks):
        super().__init__()
        self.down = Conv(cin, cout, 3, 2, "mish")
        self.around = Conv(cout, split, 1, 1, "mish")
        self.into = Conv(cout, split, 1, 1, "mish")
        self.blocks = nn.ModuleList(
            nn.Sequential(Conv(split, inner, 1, 1, "mish"), Conv(inner, split, 3, 1, "mish")) for _ in range(blocks)
        )
        self.through = Conv(split, split, 1, 1, "mish")
        self.join = Conv(2 * split, cout, 1, 1, "mish")

    def forward(self, x):
        x = self.down(x)
        around = self.around(x)
        x = self.into(x)
        for block in self.blocks:
            x = x + block(x)
        return self.join(torch.cat((self.through(x), around), 1))


def alternating(cin, width, n):
    layers = []
    for i in range(n):
        layers.append(Conv(cin, width if i % 2 == 0 else 2 * width, 1 if i % 2 == 0 else 3))
        cin = width if i % 2 == 0 else 2 * width
    return nn.Sequential(*layers)


class Yolov4(nn.Module):
    """Bochkovskiy, Wang and Liao, "YOLOv4: Optimal Speed and Accuracy of Object Detection", 2020."""

    def __init__(self, classes=1):
        super().__init__()
        out = 3 * (5 + classes)
        self.stem = Conv(3, 32, 3, 1, "mish")
        self.stages = nn.ModuleList(
            [
                Stage(32, 64, 64, 32, 1),
                Stage(64, 128, 64, 64, 2),
                Stage(128, 256, 128, 128, 8),
                Stage(256, 512, 256, 256, 8),
                Stage(512, 1024, 512, 512, 4),
            ]
        )
        self.before = alternating(1024, 512, 3)
        self.after = alternating(2048, 512, 3)
        self.up_coarse, self.side_middle, self.middle = Conv(512, 256, 1), Conv(512, 256, 1), alternating(512, 256, 5)
        self.up_middle, self.side_fine, self.fine = Conv(256, 128, 1), Conv(256, 128, 1), alternating(256, 128, 5)
        self.down_fine, self.middle_down = Conv(128, 256, 3, 2), alternating(512, 256, 5)
        self.down_middle, self.coarse_down = Conv(256, 512, 3, 2), alternating(1024, 512, 5)
        self.heads = nn.ModuleList(
            nn.Sequential(Conv(w, 2 * w, 3), nn.Conv2d(2 * w, out, 1)) for w in (128, 256, 512)
        )

    def forward(self, x):
        x = self.stem(x)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        fine, middle = features[2], features[3]
        x = self.before(x)
        pools = [F.max_pool2d(x, k, 1, k // 2) for k in (13, 9, 5)]
        coarse = self.after(torch.cat((*pools, x), 1))
        up = F.interpolate(self.up_coarse(coarse), scale_factor=2.0)
        middle = self.middle(torch.cat((self.side_middle(middle), up), 1))
        up = F.interpolate(self.up_middle(middle), scale_factor=2.0)
        fine = self.fine(torch.cat((self.side_fine(fine), up), 1))
        first = self.heads[0](fine)
        middle = self.middle_down(torch.cat((self.down_fine(fine), middle), 1))
        second = self.heads[1](middle)
        coarse = self.coarse_down(torch.cat((self.down_middle(middle), coarse), 1))
        return first, second, self.heads[2](coarse)


class Block(nn.Module):
    """An inverted residual."""

    def __init__(self, cin, cout, k, stride, expand):
        super().__init__()
        mid = cin * expand
        self.skip = stride == 1 and cin == cout
        self.widen = self.unit(cin, mid, 1, 1, 1) if expand != 1 else nn.Identity()
        self.spatial = self.unit(mid, mid, k, stride, mid)
        self.narrow = nn.Sequential(nn.Conv2d(mid, cout, 1, bias=False), nn.BatchNorm2d(cout))

    @staticmethod
    def unit(cin, cout, k, stride, groups):
        conv = nn.Conv2d(cin, cout, k, stride, k // 2, groups=groups, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.ReLU6(inplace=True))

    def forward(self, x):
        y = self.narrow(self.spatial(self.widen(x)))
        return x + y if self.skip else y


class EfficientNetLite0(nn.Sequential):
    """Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019, table 1, without squeeze and excitation
    and with ReLU6, as EfficientNet-Lite has it."""

    ROWS = [(1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)]

    def __init__(self, classes=4):
        layers = [Block.unit(3, 32, 3, 2, 1)]
        cin = 32
        for expand, cout, n, stride, k in self.ROWS:
            for i in range(n):
                layers.append(Block(cin, cout, k, stride if i == 0 else 1, expand))
                cin = cout
        layers += [Block.unit(cin, 1280, 1, 1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, classes)]
        super().__init__(*layers)


def parameters(model):
    return sum(p.numel() for p in model.parameters())


class Bench:
    def __init__(self, args):
        self.deadline = time.monotonic() + args.seconds
        self.device = torch.device("cuda", args.device)
        torch.cuda.set_device(self.device)
        with open(args.frame, "rb") as f:
            pixels = torch.frombuffer(bytearray(f.read()), dtype=torch.uint8)
        self.frame = pixels.view(args.height, args.width, 3).pin_memory()
        self.name = f"{args.width}x{args.height}"
        self.size = (args.width, args.height)
        side = args.height // 12
        self.regions = [((i * 7919) % (args.width - side), (i * 104729) % (args.height - side), side) for i in range(8)]
        self.results, self.not_run = [], []

    def left(self):
        return self.deadline - time.monotonic()

    def pixels(self):
        on_device = self.frame.to(self.device, non_blocking=True)
        return on_device.permute(2, 0, 1).flip(0).unsqueeze(0).half() / 255

    def step(self, detector, classifier):
        x = self.pixels()
        whole = F.interpolate(x, size=(608, 608), mode="bilinear", antialias=False).contiguous(memory_format=torch.channels_last)
        heads = detector(whole)
        crops = [F.interpolate(x[..., t : t + s, l : l + s], size=(224, 224), mode="bilinear") for l, t, s in self.regions]
        classes = classifier(torch.cat(crops).contiguous(memory_format=torch.channels_last))
        return [h.to("cpu", non_blocking=True) for h in heads] + [classes.to("cpu", non_blocking=True)]

    def measure(self, what, models, precision, frame, body, seconds=2.0):
        for _ in range(20):
            body()
        torch.cuda.synchronize()
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        gpu, wall = [], []
        stop = time.monotonic() + min(seconds, max(0.2, self.left()))
        while time.monotonic() < stop and len(wall) < 4000:
            start = time.perf_counter()
            begin.record()
            body()
            end.record()
            end.synchronize()
            wall.append((time.perf_counter() - start) * 1e3)
            gpu.append(begin.elapsed_time(end))
        for clock, times in (("events", gpu), ("wall", wall)):
            times.sort()
            row = {"models": models, "precision": precision, "what": what, "frame": frame, "clock": clock, "n": len(times)}
            for p in (50, 90, 99, 99.9):
                row[f"p{p}"] = times[min(len(times) - 1, int(len(times) * p / 100))]
            row["max"] = times[-1]
            self.results.append(row)

    def all(self, how, detector, classifier):
        precision = f"FP16 {how}"
        half = {"dtype": torch.float16, "device": self.device}
        picture = torch.rand(1, 3, 608, 608, **half).contiguous(memory_format=torch.channels_last)
        self.measure("bare run", "YOLOv4-608", precision, "-", lambda: detector(picture))
        crops = torch.rand(8, 3, 224, 224, **half).contiguous(memory_format=torch.channels_last)
        self.measure("bare run of Lite0, batch 8", "Lite0", precision, "-", lambda: classifier(crops))
        self.measure("exam step", "YOLOv4-608 + Lite0", precision, self.name, lambda: self.step(detector, classifier))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frame", help="raw BGR24 pixels")
    parser.add_argument("--width", type=int)
    parser.add_argument("--height", type=int)
    parser.add_argument("--device", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--out")
    parser.add_argument("--check", action="store_true", help="only run the networks once on the CPU and tell their sizes")
    args = parser.parse_args()
    detector, classifier = Yolov4().eval(), EfficientNetLite0().eval()
    if args.check:
        with torch.inference_mode():
            shapes = [tuple(h.shape) for h in detector(torch.zeros(1, 3, 608, 608))]
            shapes.append(tuple(classifier(torch.zeros(2, 3, 224, 224)).shape))
        print(json.dumps({"yolov4": parameters(detector), "lite0": parameters(classifier), "shapes": shapes}))
        return
    bench = Bench(args)
    torch.backends.cudnn.benchmark = True
    detector, classifier = (
        m.half().to(bench.device).to(memory_format=torch.channels_last) for m in (detector, classifier)
    )

    def write():
        with open(args.out, "w", encoding="utf-8") as f:
            versions = {"torch": torch.__version__, "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
            json.dump({**versions, "results": bench.results, "notRun": bench.not_run}, f)

    with torch.inference_mode():
        bench.all("eager", detector, classifier)
        write()
        # max-autotune alone tries kernels for minutes; it comes last and only with time to spare.
        for mode, least in (("reduce-overhead", 60), ("max-autotune", 180)):
            if bench.left() < least:
                bench.not_run.append(f"torch.compile {mode}: {bench.left():.0f} s are left, it needs {least}")
                continue
            try:
                torch._dynamo.reset()
                bench.all(
                    f"compile {mode}", torch.compile(detector, mode=mode), torch.compile(classifier, mode=mode)
                )
            except Exception as e:  # What the compiler of a peer trips over is a result of the peer.
                bench.not_run.append(f"torch.compile {mode}: {type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}")
            write()
    write()


if __name__ == "__main__":
    main()
