#!/usr/bin/env python3
"""Writes tests/fixtures/onnx/every_field.onnx: a small file with every field that the lab writes, by ONNX's own Python package, for the test of the
messages in src/models/onnx.

    python -m pip install onnx==1.23.2
    python scripts/onnx/golden.py
"""

import pathlib

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "sequence"])
scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 3])
table = np.arange(-6, 6, dtype=np.int8).reshape(4, 3)
nodes = [
    helper.make_node("Gather", ["table", "ids"], ["rows"], name="rows"),
    helper.make_node("Cast", ["rows"], ["numbers"], name="numbers", to=TensorProto.FLOAT),
    helper.make_node("LayerNormalization", ["numbers", "gain"], ["normed"], name="normed", axis=-1, epsilon=1e-5),
    helper.make_node("Transpose", ["normed"], ["turned"], name="turned", perm=[0, 2, 1]),
    helper.make_node("ReduceSum", ["turned", "axes"], ["scores"], name="scores", keepdims=0),
]
weights = [
    numpy_helper.from_array(table, "table"),
    numpy_helper.from_array(np.array([1.0, 0.5, -2.0], np.float32), "gain"),
    numpy_helper.from_array(np.array([2], np.int64), "axes"),
]
graph = helper.make_graph(nodes, "EveryField", [ids], [scores], weights)
opset = helper.make_opsetid("", 17)
model = helper.make_model(graph, producer_name="onnx", producer_version="1", opset_imports=[opset], ir_version=8)
checker.check_model(model, full_check=True)
path = pathlib.Path(__file__).parents[2] / "tests" / "fixtures" / "onnx" / "every_field.onnx"
path.write_bytes(model.SerializeToString(deterministic=True))
print(f"{path}: {path.stat().st_size} bytes")
