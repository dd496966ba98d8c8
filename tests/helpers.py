"""Tiny models and encoded pictures for tests."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import onnx
from onnx import TensorProto, helper
from PIL import Image

from cxr_edge import ModelCard
from cxr_edge.calibration.intervals import Estimate
from cxr_edge.card import METADATA_KEY, OperatingPoint
from cxr_edge.film.preprocess import PREPROCESSING

SIDE = 64
POINT = OperatingPoint("middle", 0.5, "nothing", "nothing", Estimate(0.9, 0.8, 0.95), Estimate(0.8, 0.7, 0.9))


def tiny_card(**changes) -> ModelCard:
    values = {
        "name": "tiny",
        "version": "1",
        "summary": "bright films are sick",
        "classes": ("NORMAL", "PNEUMONIA"),
        "input_size": (SIDE, SIDE),
        "preprocessing": PREPROCESSING,
        "temperature": 1.0,
        "operating_points": (POINT,),
        "quality": None,
        "metrics": {},
        "training": {},
        "quantization": {},
        "parity": {},
        "licences": {},
        "intended_use": "tests",
    }
    return ModelCard(**{**values, **changes})


def tiny_onnx(card: str | None) -> bytes:
    """A graph of the contract whose logit is (mean grey − 128) / 20."""
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
    if card is not None:
        helper.set_model_props(model, {METADATA_KEY: card})
    return model.SerializeToString()


def write_model(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.with_name(path.name + ".sha256").write_text(f"{hashlib.sha256(data).hexdigest()}  {path.name}\n")
    return path


def encoded(image: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()
