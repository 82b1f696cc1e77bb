"""A darknet cfg as a PyTorch network: the cfg is the one description that training, ONNX export and darknet share."""
import re
from collections import namedtuple

import numpy as np
import torch
import torch.nn as nn

Section = namedtuple("Section", "kind options")
Head = namedtuple("Head", "layer anchors scale_x_y classes ignore_thresh iou_thresh")


def parse_cfg(text):
    sections = []
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        if line.startswith("["):
            sections.append(Section(line.strip("[]"), {}))
        else:
            key, value = line.split("=", 1)
            sections[-1].options[key.strip()] = value.strip()
    if not sections or sections[0].kind != "net":
        raise ValueError("a darknet cfg starts with [net]")
    return sections[0].options, sections[1:]


def ints(text):
    return [int(v) for v in text.split(",") if v.strip()]


def floats(text):
    return [float(v) for v in text.split(",") if v.strip()]


def with_anchors(text, anchors):
    """The cfg text with every [yolo] section's anchors replaced."""
    line = "anchors=" + ", ".join("%g,%g" % (w, h) for w, h in anchors)
    return re.sub(r"(?m)^anchors=.*$", line, text)


def with_classes(text, classes):
    """The cfg text for another number of classes: the count and the filters of the linear layer before each head."""
    text = re.sub(r"(?m)^classes=.*$", "classes=%d" % classes, text)
    return re.sub(r"(?m)^filters=\d+(\nactivation=linear)", r"filters=%d\1" % (3 * (5 + classes)), text)


class Darknet(nn.Module):
    """float32 NCHW [N,3,H,W] RGB 0..1 -> list of raw heads [N,3*(5+C),H/s,W/s] in cfg order (strides 32, 16, 8)."""

    def __init__(self, cfg_text):
        super().__init__()
        self.cfg_text = cfg_text
        self.net, self.sections = parse_cfg(cfg_text)
        self.width, self.height = int(self.net["width"]), int(self.net["height"])
        self.layers = nn.ModuleList()
        self.sources = []
        self.heads = []
        channels = []
        previous = 3
        for index, (kind, o) in enumerate(self.sections):
            module, sources = nn.Identity(), [index - 1]
            if kind == "convolutional":
                size, bn = int(o["size"]), int(o.get("batch_normalize", 0))
                parts = [nn.Conv2d(previous, int(o["filters"]), size, int(o["stride"]),
                                   size // 2 if int(o.get("pad", 0)) else 0, bias=not bn)]
                if bn:
                    # darknet keeps 0.9 of its running statistics a step at batch 64
                    parts.append(nn.BatchNorm2d(int(o["filters"]), eps=1e-5, momentum=0.03))
                if o["activation"] == "leaky":
                    parts.append(nn.LeakyReLU(0.1, inplace=True))
                elif o["activation"] != "linear":
                    raise ValueError("activation %s in layer %d: expected leaky or linear" % (o["activation"], index))
                module, previous = nn.Sequential(*parts), int(o["filters"])
            elif kind == "maxpool":
                if int(o["size"]) != int(o["stride"]):
                    raise ValueError("maxpool in layer %d: expected size = stride" % index)
                module = nn.MaxPool2d(int(o["size"]), int(o["stride"]))
            elif kind == "upsample":
                module = nn.Upsample(scale_factor=float(o["stride"]), mode="nearest")
            elif kind == "route":
                sources = [v if v >= 0 else index + v for v in ints(o["layers"])]
                previous = sum(channels[s] for s in sources) // int(o.get("groups", 1))
            elif kind == "yolo":
                all_anchors = floats(o["anchors"])
                pairs = list(zip(all_anchors[0::2], all_anchors[1::2]))
                self.heads.append(Head(index - 1, [pairs[m] for m in ints(o["mask"])], float(o.get("scale_x_y", 1)),
                                       int(o["classes"]), float(o.get("ignore_thresh", 0.7)),
                                       float(o.get("iou_thresh", 1))))
            else:
                raise ValueError("section [%s] in layer %d is not supported" % (kind, index))
            self.layers.append(module)
            self.sources.append(sources)
            channels.append(previous)
        self.channels = channels
        self.classes = self.heads[0].classes
        self.keep = {s for i, ss in enumerate(self.sources) for s in ss if s != i - 1}
        self._initialise()

    def _initialise(self):
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, a=0.1, mode="fan_out")
        for head in self.heads:
            conv = self.layers[head.layer][0]
            nn.init.normal_(conv.weight, std=0.01)
            nn.init.zeros_(conv.bias)
            with torch.no_grad():
                # start from "hardly any cell holds a lesion": without it the first steps are spent on unlearning
                conv.bias.view(3, -1)[:, 4] = -5.0

    def shift_objectness(self, logit):
        """Adds a constant to the objectness of every anchor."""
        with torch.no_grad():
            for head in self.heads:
                self.layers[head.layer][0].bias.view(3, -1)[:, 4] += logit

    def write_weights(self, path):
        """Writes darknet's .weights: a header, then for each convolution bias, scale, mean, variance, weights."""
        with open(path, "wb") as target:
            np.array([0, 2, 5], np.int32).tofile(target)
            np.array([0], np.int64).tofile(target)
            for section, layer in zip(self.sections, self.layers):
                if section.kind != "convolutional":
                    continue
                conv = layer[0]
                if int(section.options.get("batch_normalize", 0)):
                    bn = layer[1]
                    blobs = [bn.bias, bn.weight, bn.running_mean, bn.running_var]
                else:
                    blobs = [conv.bias]
                for blob in blobs + [conv.weight]:
                    blob.detach().float().cpu().contiguous().numpy().tofile(target)

    def forward(self, x):
        kept, out = {}, []
        head_layers = {h.layer for h in self.heads}
        for index, (section, layer, sources) in enumerate(zip(self.sections, self.layers, self.sources)):
            if section.kind == "route":
                parts = [kept[s] if s in kept else x for s in sources]
                x = parts[0] if len(parts) == 1 else torch.cat(parts, 1)
                groups = int(section.options.get("groups", 1))
                if groups > 1:
                    x = x.chunk(groups, 1)[int(section.options["group_id"])]
            elif section.kind != "yolo":
                x = layer(x)
            if index in head_layers:
                out.append(x)
            if index in self.keep:
                kept[index] = x
        return out
