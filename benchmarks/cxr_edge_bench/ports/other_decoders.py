"""What another way of decoding a JPEG would change, all else being as in the package.

  full scale   libjpeg-turbo without its smaller inverse transforms: what a decoder gives that has none
  browser      `createImageBitmap` and a canvas, in Chromium

Both decode at full size, so the blocks that are averaged afterwards are larger.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cxr_edge import Classifier, list_models
from cxr_edge.film.preprocess import Prepared, resize
from cxr_edge.store import BundledModel
from cxr_edge_bench.ports.browser_page import opened
from cxr_edge_bench.ports.javascript_examples import assembled

_IN_A_CANVAS = """async (data) => {
  const film = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([film]));
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const {data: rgba} = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const luma = (i) => (19595 * rgba[i] + 38470 * rgba[i + 1] + 7471 * rgba[i + 2] + 32768) >> 16;
  const grey = Uint8Array.from({length: rgba.length / 4}, (_, i) => luma(4 * i));
  let text = '';
  for (let i = 0; i < grey.length; i += 8192) text += String.fromCharCode(...grey.subarray(i, i + 8192));
  return [bitmap.width, bitmap.height, btoa(text)];
}"""


def at_full_scale(data: bytes) -> Image.Image:
    """A JPEG's luma at its full size (mode L)."""
    image = Image.open(io.BytesIO(data))
    image.draft("YCbCr", image.size)  # colour is never made, as in the package
    return image.convert("L")


def by_the_browser(page: Any) -> Callable[[bytes], Image.Image]:
    """The same by the browser of a Playwright page."""

    def decode(data: bytes) -> Image.Image:
        width, height, levels = page.evaluate(_IN_A_CANVAS, base64.b64encode(data).decode())
        return Image.frombytes("L", (width, height), base64.b64decode(levels))

    return decode


def other_decoders(films: Sequence[Path], folder: Path) -> dict[str, Any]:
    """`changed_by` by decoder and model; `folder` is an empty one.

    Raises:
        MissingPort: no Chromium, or the page cannot be made.
    """
    with opened(assembled(folder)) as page:
        decoders = {"full scale": at_full_scale, "browser": by_the_browser(page)}
        return {
            name: {model.name: changed_by(decode, model, films) for model in list_models()}
            for name, decode in decoders.items()
        }


def changed_by(decode: Callable[[bytes], Image.Image], model: BundledModel, films: Sequence[Path]) -> dict[str, Any]:
    """What `decode` instead of the package's decoding changes on JPEG `films`.

    Returns:
        ``films``, the ``largest_difference`` of the probability and of ``pixels`` (grey levels), and
        ``decisions_changed``.
    """
    classifier = Classifier.load(model.name)
    size = classifier.card.input_size
    differences, levels, decisions = [], [], 0
    for film in films:
        expected = classifier.prepare(film)
        pixels = resize(decode(film.read_bytes()), size)
        was, now = classifier.answer(expected), classifier.answer(Prepared(str(film), pixels))
        differences.append(abs((was.probability or 0.0) - (now.probability or 0.0)))
        levels.append(int(np.abs(pixels.astype(int) - expected.pixels).max()))
        decisions += was.decision != now.decision
    return {
        "films": len(films),
        "largest_difference": max(differences),
        "pixels": max(levels),
        "decisions_changed": decisions,
    }
