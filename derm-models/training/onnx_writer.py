"""Writes both networks as ONNX by hand: BatchNorm folded, weights stored as float16, metadata inside.

The graph is written node by node rather than traced, so that it does not depend on the exporter of the installed
torch and holds nothing but the layers.
"""
import hashlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8  # what goes with opset 17


class Graph:
    def __init__(self, half=True):
        self.nodes, self.initializers, self.casts, self.half = [], [], [], half

    def add(self, op, inputs, name, outputs=None, **attributes):
        outputs = outputs or [name]
        self.nodes.append(helper.make_node(op, inputs, outputs, name=name, **attributes))
        return outputs[0]

    def weight(self, name, values):
        """A float initialiser; stored as float16 behind a Cast, which runtimes fold away when they load the model."""
        values = np.asarray(values, np.float32)
        if not self.half:
            self.initializers.append(numpy_helper.from_array(values, name))
            return name
        if np.abs(values).max(initial=0) > 65504:
            raise ValueError("%s exceeds float16: %g" % (name, np.abs(values).max()))
        self.initializers.append(numpy_helper.from_array(values.astype(np.float16), name + ".f16"))
        self.casts.append(helper.make_node("Cast", [name + ".f16"], [name], name=name + ".cast", to=TensorProto.FLOAT))
        return name

    def constant(self, name, values):
        self.initializers.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def conv(self, x, name, weight, bias, stride, groups=1):
        k = weight.shape[2]
        return self.add("Conv", [x, self.weight(name + ".weight", weight), self.weight(name + ".bias", bias)], name,
                        kernel_shape=[k, k], strides=[stride, stride], pads=[k // 2] * 4, group=groups,
                        dilations=[1, 1])

    def model(self, name, inputs, outputs, metadata):
        graph = helper.make_graph(self.casts + self.nodes, name, inputs, outputs, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="derm-models",
                                  ir_version=IR_VERSION)
        helper.set_model_props(model, {k: str(v) for k, v in metadata.items()})
        onnx.checker.check_model(model, full_check=True)
        return model


def fold(conv, bn):
    """Weights and bias of a convolution with its BatchNorm folded in, computed in float64."""
    weight = conv.weight.detach().double().numpy()
    bias = conv.bias.detach().double().numpy() if conv.bias is not None else np.zeros(weight.shape[0])
    if bn is None:
        return weight, bias
    scale = bn.weight.detach().double().numpy() / np.sqrt(bn.running_var.double().numpy() + bn.eps)
    return weight * scale[:, None, None, None], (bias - bn.running_mean.double().numpy()) * scale + \
        bn.bias.detach().double().numpy()


def detector(net, metadata, half=True):
    """Darknet -> ONNX with outputs yolo_32, yolo_16, yolo_8: raw heads [1,3*(5+C),S,S]."""
    g, names, outputs = Graph(half), [], []
    strides = {}
    x, stride = "input", 1
    head_layers = {h.layer for h in net.heads}
    for i, (section, layer, sources) in enumerate(zip(net.sections, net.layers, net.sources)):
        kind, o, name = section.kind, section.options, "%03d_%s" % (i, section.kind)
        if kind == "convolutional":
            parts = list(layer)
            bn = parts[1] if int(o.get("batch_normalize", 0)) else None
            weight, bias = fold(parts[0], bn)
            stride *= int(o["stride"])
            if i in head_layers:
                name = "yolo_%d" % stride
                outputs.append((name, weight.shape[0], stride))
            x = g.conv(x, name, weight, bias, int(o["stride"]))
            if o["activation"] == "leaky":
                x = g.add("LeakyRelu", [x], name + "_leaky", alpha=0.1)
        elif kind == "maxpool":
            s = int(o["stride"])
            stride *= s
            x = g.add("MaxPool", [x], name, kernel_shape=[s, s], strides=[s, s])
        elif kind == "upsample":
            s = int(o["stride"])
            stride //= s
            x = g.add("Resize", [x, "", g.constant(name + ".scales", np.array([1, 1, s, s], np.float32))], name,
                      mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        elif kind == "route":
            parts = [names[s] for s in sources]
            stride = strides[sources[0]]
            x = parts[0] if len(parts) == 1 else g.add("Concat", parts, name, axis=1)
            groups = int(o.get("groups", 1))
            if groups > 1:
                part, width = int(o["group_id"]), net.channels[i]
                x = g.add("Slice", [x, g.constant(name + ".from", np.array([part * width], np.int64)),
                                    g.constant(name + ".to", np.array([(part + 1) * width], np.int64)),
                                    g.constant(name + ".axis", np.array([1], np.int64))], name + "_group")
        names.append(x)
        strides[i] = stride
    return g.model(metadata["derm.name"],
                   [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, net.height, net.width])],
                   [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, c, net.height // s, net.width // s])
                    for n, c, s in outputs], metadata)


def classifier(net, size, metadata, half=True):
    """EfficientNet -> ONNX, input [N,3,size,size], output logits [N,classes]."""
    g = Graph(half)
    limits = [g.constant("zero", np.float32(0)), g.constant("six", np.float32(6))] if net.lite else None

    def convolution(sequence, x, name, activation=True):
        weight, bias = fold(sequence[0], sequence[1])
        x = g.conv(x, name, weight, bias, sequence[0].stride[0], sequence[0].groups)
        if not activation:
            return x
        if net.lite:
            return g.add("Clip", [x] + limits, name + "_relu6")
        return g.add("Mul", [x, g.add("Sigmoid", [x], name + "_sigmoid")], name + "_silu")

    def squeeze_and_excite(part, x, name):
        squeeze = g.add("GlobalAveragePool", [x], name + ".pool")
        squeeze = g.conv(squeeze, name + ".fc1", *fold(part.fc1, None), 1)
        squeeze = g.add("Mul", [squeeze, g.add("Sigmoid", [squeeze], name + ".fc1_sigmoid")], name + ".silu")
        squeeze = g.conv(squeeze, name + ".fc2", *fold(part.fc2, None), 1)
        return g.add("Mul", [x, g.add("Sigmoid", [squeeze], name + ".gate")], name)

    x = convolution(net.features[0], "input", "stem")
    for s, stage in enumerate(list(net.features)[1:-1], 1):
        for b, block in enumerate(stage):
            name, shortcut = "stage%d.%d" % (s, b), x
            parts = list(block.block)
            if len(parts) == 4:
                x = convolution(parts[0], x, name + ".expand")
            x = convolution(parts[-3], x, name + ".depthwise")
            if not net.lite:
                x = squeeze_and_excite(parts[-2], x, name + ".se")
            x = convolution(parts[-1], x, name + ".project", activation=False)
            if block.residual:
                x = g.add("Add", [x, shortcut], name + ".add")
    x = convolution(net.features[-1], x, "top")
    x = g.add("Flatten", [g.add("GlobalAveragePool", [x], "pool")], "flatten", axis=1)
    linear = net.classifier[1]
    g.add("Gemm", [x, g.weight("head.weight", linear.weight.detach().numpy()),
                   g.weight("head.bias", linear.bias.detach().numpy())], "head", outputs=["logits"], transB=1)
    return g.model(metadata["derm.name"],
                   [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, size, size])],
                   [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", linear.out_features])], metadata)


def write(model, path):
    """Writes the file and returns its SHA-256. Serialised deterministically: the same weights give the same bytes."""
    content = model.SerializeToString(deterministic=True)
    with open(path, "wb") as target:
        target.write(content)
    return hashlib.sha256(content).hexdigest()
