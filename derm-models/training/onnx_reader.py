"""Takes a detector's weights back out of an ONNX file of onnx_writer.py, to train on from it."""
import os

import onnx
import torch
from onnx import numpy_helper

from darknet import Darknet, floats, with_anchors


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
    values = {i.name[:-4] if i.name.endswith(".f16") else i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
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
            put(state[name + "1.bias"], values[bias])
            state[name + "1.running_mean"].zero_()
            state[name + "1.weight"].fill_((1 + net.layers[i][1].eps) ** 0.5)
            state[name + "1.running_var"].fill_(1)
        else:
            put(state[name + "0.bias"], values[bias])
    return {"cfg": cfg, "ema": state}


def put(tensor, values):
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(values.astype("float32")))


def keep_statistics(net):
    """Lets training leave the statistics of every BatchNorm alone."""
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.eval()
