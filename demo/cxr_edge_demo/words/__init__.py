"""The demo's sentences: English in the code, other languages in one PO file each."""

from cxr_edge_demo.words.translator import N_, Catalogue, Words, _, _n, current, speaking

__all__ = ["N_", "Catalogue", "Words", "_", "_n", "current", "speaking"]
