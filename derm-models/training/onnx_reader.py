"""Takes a model's weights back out of an ONNX file of onnx_writer.py, to train on from it."""
import os

import onnx
import torch
from onnx import numpy_helper

from darknet import Darknet, floats, with_anchors
from effnet import EfficientNet


def checkpoint(path, cfg):
    """What train_detector.py starts from: the cfg with the file's anchors, and its weights beside BatchNorms that do nothing.

    The statistics went into the convolutions as the file was written, so these BatchNorms must not gather new ones.
    """
    model = onnx.load(path)
    anchors = {e.key: e.value for e in model.metadata_props}.get("derm.anchors", "").replace(" ", ",")
    flat = floats(anchors)
    cfg = with_anchors(cfg, list(zip(flat[0::2], flat[1::2]))) if flat else cfg
    net = Darknet(cfg)
    state = net.state_dict()
    values = weights(model)
    convolutions = [n.input for n in model.graph.node if n.op_type == "Conv"]
    layers = [i for i, s in enumerate(net.sections) if s.kind == "convolutional"]
    if len(convolutions) != len(layers):
        raise ValueError("%s has %d convolutions, the cfg %d" % (os.path.basename(path), len(convolutions), len(layers)))
    for i, (_, weight, bias) in zip(layers, convolutions):
        name = "layers.%d." % i
        if state[name + "0.weight"].shape != values[weight].shape:
            raise ValueError("%s has %s where layer %d of the cfg has %s" % (
                os.path.basename(path), list(values[weight].shape), i, list(state[name + "0.weight"].shape)))
        put(state[name + "0.weight"], values[weight])
        if name + "1.bias" in state:
            put_folded(net.layers[i][1], values[bias])
        else:
            put(state[name + "0.bias"], values[bias])
    return {"cfg": cfg, "ema": state}


def classifier_checkpoint(path):
    """What train_classifier.py starts from: the file's weights beside BatchNorms that do nothing, as with a detector."""
    model = onnx.load(path)
    values = weights(model)
    lite = not any(n.op_type == "Sigmoid" for n in model.graph.node)
    net = EfficientNet(len(values["head.bias"]), lite)
    convolutions = iter([n.input for n in model.graph.node if n.op_type == "Conv"])
    modules = list(net.features.modules())
    # in the order in which they are written: a block's squeeze and excitation lie between its depthwise and its projection
    for here, after in zip(modules, modules[1:] + [None]):
        if isinstance(here, torch.nn.Conv2d):
            _, weight, bias = next(convolutions)
            put(here.weight, values[weight])
            if isinstance(after, torch.nn.BatchNorm2d):
                put_folded(after, values[bias])
            else:
                put(here.bias, values[bias])
    put(net.classifier[1].weight, values["head.weight"])
    put(net.classifier[1].bias, values["head.bias"])
    return {"ema": net.state_dict(), "lite": lite}


def weights(model):
    return {i.name[:-4] if i.name.endswith(".f16") else i.name: numpy_helper.to_array(i) for i in model.graph.initializer}


def put_folded(norm, bias):
    """The BatchNorm that adds this bias and does nothing else."""
    put(norm.bias, bias)
    norm.running_mean.zero_()
    with torch.no_grad():
        norm.weight.fill_((1 + norm.eps) ** 0.5)
    norm.running_var.fill_(1)


def put(tensor, values):
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(values.astype("float32")))


def keep_statistics(net):
    """Lets training leave the statistics of every BatchNorm alone."""
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.eval()
