"""A counting process that resizes every film once more than it needs to, which the gate must notice."""

from __future__ import annotations

import sys

from PIL import Image

from cxr_edge.film import preprocess
from cxr_edge_bench.instructions import counting_process


def resize_twice() -> None:
    """From now on, in this process."""
    once = preprocess.squash

    def twice(image: Image.Image, size: tuple[int, int], exact: bool = False) -> Image.Image:
        once(image, size, exact)
        return once(image, size, exact)

    preprocess.squash = twice


if __name__ == "__main__":
    resize_twice()
    counting_process.main(sys.argv[1:])
