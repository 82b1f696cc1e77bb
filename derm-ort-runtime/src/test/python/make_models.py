"""Writes the small ONNX models of the tests, and bilinear goldens, to src/test/resources.

Needs Python 3 with numpy, onnx and torch: python3 src/test/python/make_models.py
"""

import os

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resources", "io", "derm", "ort")


def model(name, nodes, inputs, outputs, initializers=(), opset=17, metadata=None, extra_domains=()):
    graph = h.make_graph(nodes, name, inputs, outputs, list(initializers))
    opsets = [h.make_opsetid("", opset)] + [h.make_opsetid(d, 1) for d in extra_domains]
    m = h.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="derm")
    h.set_model_props(m, metadata or {})
    return m


def write(name, m):
    with open(os.path.join(OUT, name + ".onnx"), "wb") as f:
        f.write(m.SerializeToString(deterministic=True))


def value(name, kind, *shape):
    return h.make_tensor_value_info(name, kind, list(shape))


def constant(name, array):
    return onnx.numpy_helper.from_array(np.asarray(array), name)


def identity(name, kind, *shape):
    """The input echoed, so that a test sees what was put into the tensor."""
    write(name, model(name, [h.make_node("Identity", ["image"], ["echo"])],
                      [value("image", kind, *shape)], [value("echo", kind, *shape)]))


def models():
    os.makedirs(OUT, exist_ok=True)

    identity("echo_nchw_f32", T.FLOAT, "n", 3, "h", "w")
    identity("echo_nhwc_f32", T.FLOAT, "n", "h", "w", 3)
    identity("echo_nchw_f16", T.FLOAT16, "n", 3, "h", "w")
    identity("echo_nchw_u8", T.UINT8, "n", 3, "h", "w")
    identity("echo_fixed_4", T.FLOAT, 4, 3, 8, 8)
    identity("echo_rank_3", T.FLOAT, "n", 3, 8)
    identity("echo_f64", T.DOUBLE, "n", 3, 8, 8)

    # The graph's output is its input, and another output is a constant: nothing computes either.
    write("passthrough", model(
        "passthrough", [h.make_node("Identity", ["image"], ["echo"])],
        [value("image", T.FLOAT, "n", 3, 8, 8)],
        [value("image", T.FLOAT, "n", 3, 8, 8), value("echo", T.FLOAT, "n", 3, 8, 8),
         value("seven", T.FLOAT, 2)],
        [constant("seven", np.float32([7, 7.5]))]))

    # Positions of the positive elements: how many there are depends on the data.
    write("nonzero", model(
        "nonzero",
        [h.make_node("Relu", ["image"], ["positive"]),
         h.make_node("NonZero", ["positive"], ["where"]),
         h.make_node("ReduceSum", ["positive"], ["total"], keepdims=0)],
        [value("image", T.FLOAT, 1, 3, 8, 8)],
        [value("where", T.INT64, 4, "found"), value("total", T.FLOAT)]))

    # One output of each type, all of them the input cast.
    kinds = [("f32", T.FLOAT), ("f16", T.FLOAT16), ("u8", T.UINT8), ("i8", T.INT8), ("i32", T.INT32),
             ("i64", T.INT64), ("bool", T.BOOL)]
    write("types", model(
        "types", [h.make_node("Cast", ["image"], [n], to=k) for n, k in kinds],
        [value("image", T.FLOAT, "n", 3, 8, 8)],
        [value(n, k, "n", 3, 8, 8) for n, k in kinds]))

    write("two_inputs", model(
        "two_inputs", [h.make_node("Add", ["left", "right"], ["sum"])],
        [value("left", T.FLOAT, "n", 3, 8, 8), value("right", T.FLOAT, "n", 3, 8, 8)],
        [value("sum", T.FLOAT, "n", 3, 8, 8)]))

    # The initializer is a graph input too, as older exporters write it; with metadata.
    write("initializer_input", model(
        "initializer_input", [h.make_node("Mul", ["image", "scale"], ["scaled"])],
        [value("image", T.FLOAT, 1, 3, 8, 8), value("scale", T.FLOAT)],
        [value("scaled", T.FLOAT, 1, 3, 8, 8)], [constant("scale", np.float32(3))],
        metadata={"derm.name": "scaler", "derm.task": "detect"}))

    # The graph says [n,3], the node gives [n,3,8,8].
    write("wrong_declaration", model(
        "wrong_declaration", [h.make_node("Relu", ["image"], ["out"])],
        [value("image", T.FLOAT, "n", 3, 8, 8)], [value("out", T.FLOAT, "a", "b", "c", "d")]))

    write("plugin_op", model(
        "plugin_op", [h.make_node("BatchedNMSDynamic_TRT", ["image"], ["boxes"])],
        [value("image", T.FLOAT, 1, 3, 8, 8)], [value("boxes", T.FLOAT, 1, 200, 4)]))
    write("foreign_op", model(
        "foreign_op", [h.make_node("Frobnicate", ["image"], ["out"], domain="com.example")],
        [value("image", T.FLOAT, 1, 3, 8, 8)], [value("out", T.FLOAT, 1, 3, 8, 8)],
        extra_domains=["com.example"]))
    write("future_opset", model(
        "future_opset", [h.make_node("Relu", ["image"], ["out"])],
        [value("image", T.FLOAT, 1, 3, 8, 8)], [value("out", T.FLOAT, 1, 3, 8, 8)], opset=999))

    # Fails when it runs: 192 elements do not reshape to 7 columns.
    write("fails_at_run", model(
        "fails_at_run", [h.make_node("Reshape", ["image", "to"], ["out"])],
        [value("image", T.FLOAT, "n", 3, 8, 8)], [value("out", T.FLOAT, "a", 7)],
        [constant("to", np.int64([-1, 7]))]))

    # Wants a tensor of 4 TiB.
    write("too_big", model(
        "too_big",
        [h.make_node("Shape", ["image"], ["shape"]), h.make_node("Mul", ["shape", "factor"], ["big"]),
         h.make_node("ConstantOfShape", ["big"], ["huge"]),
         h.make_node("ReduceSum", ["huge"], ["out"], keepdims=0)],
        [value("image", T.FLOAT, "n", 3, 8, 8)], [value("out", T.FLOAT)],
        [constant("factor", np.int64([1024, 1024, 1024, 8]))]))

    for name, location in [("external", "weights.bin"), ("external_outside", "../weights.bin")]:
        tensor = constant("scale", np.arange(64, dtype=np.float32).reshape(8, 8))
        tensor.ClearField("raw_data")
        tensor.data_location = T.EXTERNAL
        tensor.external_data.add(key="location", value=location)
        tensor.external_data.add(key="offset", value="0")
        tensor.external_data.add(key="length", value="256")
        write(name, model(
            name, [h.make_node("Mul", ["image", "scale"], ["out"])],
            [value("image", T.FLOAT, 1, 3, 8, 8)], [value("out", T.FLOAT, 1, 3, 8, 8)], [tensor]))


def goldens():
    """Bilinear with half-pixel centres as PyTorch does it, in double precision, on uint8 noise.

    For each case, big-endian: source width, source height, width, height as int32, the BGR pixels as uint8, the planes
    blue, green, red as float32.
    """
    import torch
    import torch.nn.functional as F

    rng = np.random.default_rng(7)
    with open(os.path.join(OUT, "bilinear.bin"), "wb") as f:
        for sw, sh, w, h in [(13, 9, 8, 8), (5, 4, 16, 12), (40, 30, 8, 8), (16, 16, 16, 16), (1, 7, 4, 4), (6, 1, 5, 3)]:
            pixels = rng.integers(0, 256, (sh, sw, 3), dtype=np.uint8)
            planes = torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float64))[None]
            resized = F.interpolate(planes, size=(h, w), mode="bilinear", align_corners=False)[0].numpy()
            f.write(np.array([sw, sh, w, h], dtype=">i4").tobytes())
            f.write(pixels.tobytes())
            f.write(resized.astype(">f4").tobytes())


if __name__ == "__main__":
    models()
    goldens()
