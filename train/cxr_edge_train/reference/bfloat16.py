"""Products in bfloat16 while a network trains, on a CPU that has them.

Weights, sums, losses and everything that a run writes stay float32: TensorFlow rewrites the graphs of training and
validation alone, and the network itself never learns of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

from cxr_edge import CxrEdgeError

_OPTION = "auto_mixed_precision_onednn_bfloat16"
_FLAGS = {"amx_bf16", "avx512_bf16"}
_CPU = Path("/proc/cpuinfo")


def in_this_cpu() -> bool:
    """Whether this CPU has such products, and says so."""
    return _CPU.is_file() and not _FLAGS.isdisjoint(_CPU.read_text().split())


@contextmanager
def bfloat16_products() -> Iterator[None]:
    """Graphs that are built within multiply in bfloat16.

    Raises:
        CxrEdgeError: this CPU would only emulate them, or does not say.
    """
    if not in_this_cpu():
        raise CxrEdgeError(f"found a CPU without {' or '.join(sorted(_FLAGS))}; expected one, or no --bfloat16")
    tf.config.optimizer.set_experimental_options({_OPTION: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({_OPTION: False})
