"""The committed ``tests/tiny.onnx`` is what its function makes, and its card is read by the package onnx too."""

import pytest

onnx = pytest.importorskip("onnx")
from cxr_edge.card import METADATA_KEY
from helpers import TINY, tiny_card, tiny_onnx
from tiny_graph import tiny_graph


def test_the_committed_file_is_the_function_s():
    committed = onnx.load_model(TINY)
    assert committed.graph == tiny_graph().graph
    assert committed.opset_import == tiny_graph().opset_import


def test_a_card_of_any_length_is_read_back():
    for length in (0, 100, 127, 128, 20_000):
        card = tiny_card(summary="x" * length).to_json()
        model = onnx.load_model_from_string(tiny_onnx(card))
        assert {entry.key: entry.value for entry in model.metadata_props} == {METADATA_KEY: card}
