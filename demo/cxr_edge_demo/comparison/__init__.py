"""Published networks to compare with. They are for no film of a patient, so the runtime does not offer them."""

from __future__ import annotations

from pathlib import Path

from cxr_edge.store import BundledModel, read_index


def comparison_models() -> tuple[BundledModel, ...]:
    """The models in this folder, to be loaded by their path; each file's hash stands beside it."""
    return read_index(Path(__file__).parent)
