"""Writes ../resources/white_squares.onnx, a detector that can be checked by hand.

Its one darknet head has a cell for every 8 x 8 pixels of the 96 x 64 input. The first anchor's objectness is 8 where the cell is
white and -16 where it is black, the others' is -16; the class is always 8; x, y, w, h are 0. So a white cell gives one box of the
anchor's size, 16 x 12, around the centre of the cell, with score sigmoid(8)^2. Run: python3 white_squares_model.py
"""

import os

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resources", "white_squares.onnx")


def main():
    weights = np.zeros((18, 3, 1, 1), np.float32)
    weights[4] = 8  # a third of the brightness for each channel, times 24
    bias = np.zeros(18, np.float32)
    bias[4::6] = -16
    bias[5::6] = 8
    graph = helper.make_graph(
        [
            helper.make_node("AveragePool", ["images"], ["cells"], kernel_shape=[8, 8], strides=[8, 8]),
            helper.make_node("Conv", ["cells", "weights", "bias"], ["head"]),
        ],
        "white_squares",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 96])],
        [helper.make_tensor_value_info("head", TensorProto.FLOAT, [1, 18, 8, 12])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in {
        "derm.task": "detect",
        "derm.labels": "square",
        "derm.anchors": "16,12 9,9 9,9",
        "derm.masks": "0,1,2",
        "derm.scale_x_y": "1",
    }.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    checker.check_model(model)
    save(model, OUT)


main()
