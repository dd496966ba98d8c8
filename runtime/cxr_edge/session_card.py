"""The card that a model carries, checked against its graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxr_edge.card import METADATA_KEY, ModelCard
from cxr_edge.errors import ModelIntegrityError
from cxr_edge.film.preprocess import PREPROCESSING, UNWINDOWED
from cxr_edge.session import LUNGS, VIEW

if TYPE_CHECKING:
    import onnxruntime


def card_of(session: onnxruntime.InferenceSession, name: str) -> ModelCard:
    """The card inside a model, which has to describe its graph.

    Raises:
        ModelIntegrityError: there is none, or it is unusable, or describes another graph.
    """
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise ModelIntegrityError(f"{name}: found an ONNX model without a card; expected one made by cxr-edge")
    try:
        card = ModelCard.from_json(text)
    except ValueError as error:
        raise ModelIntegrityError(f"{name}: found an unusable card ({error}); expected a complete one") from None
    if card.preprocessing not in (UNWINDOWED, PREPROCESSING):
        raise ModelIntegrityError(
            f"{name}: found preprocessing version {card.preprocessing}; expected at most {PREPROCESSING}: "
            "use the cxr-edge version that the model was made for"
        )
    view = next((output.shape[1:] for output in session.get_outputs() if output.name == VIEW), None)
    if card.quality and view != [len(card.quality.kinds)]:
        raise ModelIntegrityError(f"{name}: found no output {VIEW}; expected the one that its card describes")
    if card.quality and card.quality.needs_lungs and LUNGS not in {output.name for output in session.get_outputs()}:
        raise ModelIntegrityError(f"{name}: found no output {LUNGS}; expected the one that its card describes")
    shape = session.get_inputs()[0].shape
    if list(shape[1:]) != [*card.input_size, 1]:
        raise ModelIntegrityError(f"{name}: found an input of shape {shape}; expected the card's {card.input_size}")
    return card
