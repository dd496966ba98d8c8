"""Tiny models and encoded pictures for tests."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from PIL import Image

from cxr_edge import ModelCard
from cxr_edge.calibration.intervals import Estimate
from cxr_edge.card import METADATA_KEY, OperatingPoint
from cxr_edge.film.preprocess import UNWINDOWED

TINY = Path(__file__).with_name("tiny.onnx")
SIDE = 64
POINT = OperatingPoint("middle", 0.5, "nothing", "nothing", Estimate(0.9, 0.8, 0.95), Estimate(0.8, 0.7, 0.9))


def tiny_card(**changes) -> ModelCard:
    values = {
        "name": "tiny",
        "version": "1",
        "summary": "bright films are sick",
        "classes": ("NORMAL", "PNEUMONIA"),
        "input_size": (SIDE, SIDE),
        "preprocessing": UNWINDOWED,  # films of one grey level would be black
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
    """`tests/tiny.onnx`, whose logit is (mean grey − 128) / 20, with `card` in its metadata.

    Written without the package onnx, so that the tests of the runtime need what the runtime needs. In protobuf a
    repeated field may be appended: field 14 of a ModelProto is metadata_props, its fields 1 and 2 are key and value.
    """
    data = TINY.read_bytes()
    return data if card is None else data + _field(14, _field(1, METADATA_KEY.encode()) + _field(2, card.encode()))


def _field(number: int, value: bytes) -> bytes:
    """A length-delimited protobuf field."""
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])


def write_model(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.with_name(path.name + ".sha256").write_text(f"{hashlib.sha256(data).hexdigest()}  {path.name}\n")
    return path


def encoded(image: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()
