"""Writes the small faulty ONNX models of the command line tests. Needs the onnx and numpy packages.

    python3 src/test/python/make_models.py src/test/resources/io/derm/samples
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = Path(sys.argv[1])


def model(name, outputs, shape=(1, 3, 64, 64), metadata=None):
    """Outputs are the mean of the input times a constant, so that they depend on it and keep the constant's shape."""
    nodes = [helper.make_node("ReduceMean", ["input"], ["mean"], keepdims=0)]
    initialisers, infos = [], []
    for key, value in outputs.items():
        initialisers.append(numpy_helper.from_array(value.astype(np.float32), f"{key}_c"))
        nodes.append(helper.make_node("Mul", ["mean", f"{key}_c"], [key]))
        infos.append(helper.make_tensor_value_info(key, TensorProto.FLOAT, value.shape))
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)], infos, initialisers)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="derm")
    helper.set_model_props(made, metadata or {})
    onnx.checker.check_model(made)
    return made


def save(made, name):
    (OUT / f"{name}.onnx").write_bytes(made.SerializeToString())


boxes = np.tile(np.array([0.2, 0.2, 0.4, 0.4]), (1, 12, 1, 1))
confs = np.full((1, 12, 2), 0.9)
save(model("wrong-rank", {"boxes": boxes, "confs": confs}, shape=(3, 64, 64)), "wrong-rank")
save(model("unknown-layout", {"features": np.ones((1, 7, 5))}), "unknown-layout")
save(model("two-classes", {"boxes": boxes, "confs": confs}, metadata={"derm.labels": "lesion"}), "two-classes")
save(model("nan-detector", {"boxes": boxes, "confs": np.full((1, 12, 1), np.nan)}, metadata={"derm.labels": "lesion"}),
     "nan-detector")
classes = {"derm.labels": "benign,unknown,melanoma", "derm.classes": "benign=BENIGN,unknown=UNKNOWN,melanoma=MELANOMA"}
save(model("nan-classifier", {"logits": np.array([[np.nan, 0, 1]])}, metadata=classes), "nan-classifier")
save(model("four-logits", {"logits": np.array([[1.0, 2, 3, 4]])}, metadata=classes), "four-logits")

external = model("external", {"boxes": boxes, "confs": np.full((1, 12, 1), 0.9)})
onnx.external_data_helper.convert_model_to_external_data(external, location="missing.bin", size_threshold=0)
onnx.save_model(external, str(OUT / "external.onnx"))
(OUT / "missing.bin").unlink()
