"""Ways to change a film: most of them leave the lungs alone and should change no answer, others cover what matters."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from cxr_edge.film.preprocess import Film, squash
from cxr_edge_train.data.lung_masks import SIDE
from cxr_edge_train.evaluation.film_depths import DEPTHS, Grey
from cxr_edge_train.evaluation.statistics import Floats
from cxr_edge_train.learning.markers import draw_markers, erase_near_border

Change = Callable[[Image.Image], Image.Image]
LUNGS = ((0.12, 0.15, 0.46, 0.8), (0.54, 0.15, 0.88, 0.8))
"""Where lungs lie in these films, as (left, top, right, bottom) fractions of the film: boxes, not a segmentation."""
FRAME = 0.08
"""Of each side, what counts as border."""
AREA_INSIDE = (1 - 2 * FRAME) ** 2
"""Share of a film's area that is not border."""


def jpeg(quality: int) -> Change:
    """Encode again."""

    def change(film: Image.Image) -> Image.Image:
        buffer = io.BytesIO()
        film.save(buffer, "JPEG", quality=quality)
        return Image.open(buffer)

    return change


def rescale(factor: float) -> Change:
    """Down to `factor` of each side and up again."""

    def change(film: Image.Image) -> Image.Image:
        small = (max(1, round(film.width * factor)), max(1, round(film.height * factor)))
        down = film.resize(small, Image.Resampling.BILINEAR, reducing_gap=2.0)
        return down.resize(film.size, Image.Resampling.BILINEAR)

    return change


def blur(share: float) -> Change:
    """Gaussian, σ as a share of the film's width."""
    return lambda film: film.filter(ImageFilter.GaussianBlur(share * film.width))


def levels(function: Callable[[Floats], Floats]) -> Change:
    """Grey levels 0…1 through `function`, clipped."""
    table = np.rint(np.clip(function(np.linspace(0, 1, 256)), 0, 1) * 255).astype(int).tolist()
    return lambda film: film.point(table)


def crop(share: float) -> Change:
    """Cut `share` off each of the four sides."""

    def change(film: Image.Image) -> Image.Image:
        x, y = round(share * film.width), round(share * film.height)
        return film.crop((x, y, film.width - x, film.height - y))

    return change


def shift(right: float, down: float) -> Change:
    """Move by shares of width and height; what comes into view is black."""

    def change(film: Image.Image) -> Image.Image:
        x, y = round(right * film.width), round(down * film.height)
        moved = ImageChops.offset(film, x, y)
        black = Image.new("L", film.size)
        black.paste(moved.crop(_kept(film.size, x, y)), _kept(film.size, x, y))
        return black

    return change


def cover(*boxes: tuple[float, float, float, float]) -> Change:
    """Fill boxes, in shares of the film, with mid-grey: the film's own mean would tell how bright they were."""

    def change(film: Image.Image) -> Image.Image:
        covered = film.copy()
        for left, top, right, bottom in boxes:
            corner = (round(left * film.width), round(top * film.height))
            covered.paste(128, (*corner, round(right * film.width), round(bottom * film.height)))
        return covered

    return change


def cover_borders(film: Image.Image) -> Image.Image:
    """Black out `FRAME` of each side."""
    covered = Image.new("L", film.size)
    x, y = round(FRAME * film.width), round(FRAME * film.height)
    inside = (x, y, film.width - x, film.height - y)
    covered.paste(film.crop(inside), inside)
    return covered


def mark(change_in_place: Callable[[Image.Image, np.random.Generator], None]) -> Change:
    """Letters drawn or erased at random, always the same for the same film.

    The film is squashed to `SIDE` pixels, which is what the sizes of the letters are made for.
    """

    def change(film: Image.Image) -> Image.Image:
        marked = squash(film, (SIDE, SIDE)).copy()
        change_in_place(marked, np.random.default_rng(zlib.crc32(marked.tobytes())))
        return marked

    return change


def deepen(stored: Callable[[Grey], Film]) -> Callable[[Image.Image], Film]:
    """Store the same grey levels in more bits."""
    return lambda film: stored(np.asarray(film))


def _kept(size: tuple[int, int], x: int, y: int) -> tuple[int, int, int, int]:
    """The box of a film moved by (x, y) that is still film."""
    width, height = size
    return max(x, 0), max(y, 0), width + min(x, 0), height + min(y, 0)


WITHOUT_MASKS: dict[str, Callable[[Image.Image], Film]] = {"lungs covered": cover(*LUNGS)}
"""What stands in where nobody drew the lungs."""

CHANGES: dict[str, Callable[[Image.Image], Film]] = {
    "all but the borders covered": cover((FRAME, FRAME, 1 - FRAME, 1 - FRAME)),
    "5 % cut off each side": crop(0.05),
    "10 % cut off each side": crop(0.1),
    **{name: deepen(stored) for name, stored in DEPTHS.items()},
    "letters and stamps drawn": mark(draw_markers),
    "boxes near the border erased": mark(erase_near_border),
    "borders covered": cover_borders,
    "JPEG quality 90": jpeg(90),
    "JPEG quality 60": jpeg(60),
    "JPEG quality 30": jpeg(30),
    "blur, σ 0.45 % of the width": blur(0.0045),
    "scaled to 50 % and back": rescale(0.5),
    "scaled to 33 % and back": rescale(1 / 3),
    "brighter by 10 %": levels(lambda v: v + 0.1),
    "darker by 10 %": levels(lambda v: v - 0.1),
    "contrast × 0.8": levels(lambda v: (v - 0.5) * 0.8 + 0.5),
    "contrast × 1.2": levels(lambda v: (v - 0.5) * 1.2 + 0.5),
    "gamma 0.8": levels(lambda v: v**0.8),
    "gamma 1.25": levels(lambda v: v**1.25),
    "5 % to the right": shift(0.05, 0),
    "5 % to the left": shift(-0.05, 0),
    "5 % down": shift(0, 0.05),
    "5 % up": shift(0, -0.05),
}
"""By name, what has caught networks out first."""
