"""Writes ../resources/colours.onnx, a classifier that can be checked by hand.

It averages each channel over the picture and answers with logits 20 green, 20 blue and 20 red for benign, unknown and melanoma,
where a channel is 0 to 1. So for a picture of one colour, or any linear gradient, the probabilities follow from the colour
at the centre of the crop. Run: python3 colours_model.py
"""

import os

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resources", "colours.onnx")


def main():
    weights = 20 * np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], np.float32)  # rows: benign, unknown, melanoma; columns: R, G, B
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["input"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["colour"], axis=1),
            helper.make_node("Gemm", ["colour", "weights"], ["scores"], transB=1),
        ],
        "colours",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 8, 8])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 3])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in {
        "derm.task": "classify",
        "derm.labels": "benign,unknown,melanoma",
        "derm.classes": "derm",
        "derm.activation": "logits",
        "derm.input.mean": "0,0,0",
        "derm.input.std": "255,255,255",
    }.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    checker.check_model(model)
    save(model, OUT)


main()
