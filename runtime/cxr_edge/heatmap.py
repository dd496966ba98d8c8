"""What spoke for pneumonia, drawn over the film as contours that leave it readable.

A place's contribution c to the logit depends on how many places share the logit. What it would be worth if the whole
lung looked like it, the *local logit*, does not, and is what the fixed scale measures:

    local logit = c · Σ lungs   (a model that knows where the lungs are)
    local logit = c · h · w     (any other)

A lung-pooled model has c = lungs · e / Σ lungs, all but a small weight that every place has. So the local logit of a
place that is all lung is its evidence e, and that of a place that is half lung is half of it. The bias of the logit
belongs to no place and is left out.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter

FULL = 6.0
"""Local logit of the strongest wash: a lung that looked everywhere like that would have p = 0.998."""

LEVELS = (FULL / 3, FULL * 2 / 3)
"""Local logits of the thin and the thick contour: a lung that looked everywhere like that would have p = 0.88, 0.98."""

LUNG = 0.4
"""What counts as lung. Half would cut the thin ends of the lungs off, of which coarse maps see less than half."""

_NO_LUNG = 0.1  # places with less are left out before the map is spread, lest they show at the edge of a lung

_DRAWN = 640  # longer side of a film on which the widths below are in pixels; they grow with larger films
_WIDTHS = (1.8, 4.0)
_RIM, _RIM_STRENGTH = 1.2, 0.6  # dark, on both sides of a contour: without it a light line is lost on bone
_SOFT = 2.0  # standard deviation of the blur that makes edges smooth and corners round
_WASH = 0.25  # share of the colour in the strongest wash: with more, fine markings are lost
_COLOUR, _DARK = (255, 140, 30), (0, 0, 0)

Map = npt.NDArray[np.float32]


def overlay(film: npt.NDArray[np.uint8], heatmap: Map, opacity: float, lungs: Map | None = None) -> Image.Image:
    """Draw contours on `film` around what speaks for pneumonia: a thin one, and a thick one where it speaks strongly.

    A faint wash fills them. The scale is fixed, not stretched to each film: a film without evidence stays grey. Where
    `lungs` says that there is no lung, nothing is drawn.

    Args:
        film: uint8 [H, W].
        heatmap: float32 [h, w], contributions to the logit.
        opacity: 0 draws nothing, and 1 draws contours that cover the film and the strongest wash, 0…1.
        lungs: float32 [h, w], how much of each place is lung, 0…1; None draws everywhere.

    Returns:
        RGB, W × H pixels.
    """
    picture = Image.fromarray(film).convert("RGB")
    size = picture.size
    local, lung = evidence(heatmap, lungs, size)
    allowed = (local >= LEVELS[0]) & (lung >= LUNG)
    if opacity <= 0 or not allowed.any():
        return picture
    pixel = max(1.0, max(size) / _DRAWN)
    regions = [_softened(allowed & (local >= level), pixel) for level in LEVELS]
    wash = Image.fromarray(np.uint8(255 * _WASH * opacity * np.clip(local / FULL, 0, 1)))
    picture.paste(_COLOUR, mask=ImageChops.multiply(wash, regions[0]))
    strength = 1 - (1 - opacity) ** 2  # a half-drawn contour is hard to see where a half-drawn wash is not
    for colour, beyond, share in ((_DARK, 2 * _RIM, _RIM_STRENGTH * strength), (_COLOUR, 0.0, strength)):
        thin, thick = (
            region.point(_contour((width + beyond) * pixel, pixel, share))
            for region, width in zip(regions, _WIDTHS, strict=True)
        )
        picture.paste(colour, mask=ImageChops.lighter(thin, thick))
    return picture


def evidence(heatmap: Map, lungs: Map | None, size: tuple[int, int]) -> tuple[Map, Map]:
    """Local logits and lungs at every pixel of a film; contours lie where there is enough of both.

    Args:
        heatmap: float32 [h, w], contributions to the logit.
        lungs: float32 [h, w], how much of each place is lung, 0…1; None if the model does not say.
        size: (width, height) of the film in pixels.

    Returns:
        Local logits, to compare with `LEVELS`, and how much of each place is lung, to compare with `LUNG`: both
        float32 [height, width]. Where the model does not say, everything is lung.
    """
    worth = local_logits(heatmap, lungs)
    if lungs is None:
        return spread(worth, size), np.ones(size[::-1], np.float32)
    return spread(np.where(lungs < _NO_LUNG, np.float32(0), worth), size), spread(lungs, size)


def local_logits(heatmap: Map, lungs: Map | None = None) -> Map:
    """What each place would be worth if the whole lung looked like it (see the head of this file), float32 [h, w].

    Args:
        heatmap: float32 [h, w], contributions to the logit.
        lungs: float32 [h, w], how much of each place is lung, 0…1; None if the model does not say.
    """
    places = heatmap.size if lungs is None else float(lungs.sum())
    return (heatmap * places).astype(np.float32)


def spread(values: Map, size: tuple[int, int]) -> Map:
    """A map [h, w] smoothly at every pixel of a film of `size` (W, H): float32 [H, W]."""
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize(size, Image.Resampling.BICUBIC))


def _softened(region: npt.NDArray[np.bool_], pixel: float) -> Image.Image:
    """A region [H, W] with a smooth edge, whose grey level says how far away the edge is (mode L)."""
    return Image.fromarray(region.astype(np.uint8) * np.uint8(255)).filter(ImageFilter.GaussianBlur(_SOFT * pixel))


def _contour(width: float, pixel: float, strength: float) -> list[int]:
    """Opacity of a contour, by grey level of a softened region: `strength` on its edge, 0 beyond half of `width`.

    A straight edge after a Gaussian blur is a normal distribution of the distance from it, whose inverse gives the
    distance back. So a contour is as wide on a gentle slope as on a steep one, and its own edges are smooth.
    """
    normal = NormalDist(sigma=_SOFT * pixel)
    distance = np.array([normal.inv_cdf((level + 0.5) / 256) for level in range(256)])
    return [round(255 * strength * share) for share in np.clip(width / 2 + 0.5 - np.abs(distance), 0, 1)]
