"""The graph of ``tests/tiny.onnx``; ``python tests/tiny_graph.py`` writes the file again."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from helpers import SIDE, TINY


def tiny_graph() -> onnx.ModelProto:
    """A graph of the contract whose logit is (mean grey − 128) / 20, without a card."""
    constants = [
        helper.make_tensor("axes", TensorProto.INT64, [3], [1, 2, 3]),
        helper.make_tensor("middle", TensorProto.FLOAT, [], [128.0]),
        helper.make_tensor("width", TensorProto.FLOAT, [], [20.0]),
    ]
    nodes = [
        helper.make_node("Cast", ["film"], ["grey"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["grey", "axes"], ["mean"], keepdims=0),
        helper.make_node("Sub", ["mean", "middle"], ["centred"]),
        helper.make_node("Div", ["centred", "width"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["probability"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("film", TensorProto.UINT8, ["N", SIDE, SIDE, 1])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N"]) for name in ("probability", "logit")],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    Path(TINY).write_bytes(tiny_graph().SerializeToString())
