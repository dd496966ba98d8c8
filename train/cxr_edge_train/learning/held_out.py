"""Left-out films as harder ones: stressed, and with their lungs in bodies of the other class.

Clean left-out films rank networks backwards: they have the shortcuts of those that were learned from. What is chosen
(a network, its temperature, its thresholds) is chosen on these.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from cxr_edge.film.preprocess import resize
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.data.lung_masks import SIDE, lung_mask, masks_folder
from cxr_edge_train.data.pixels import Pixels, load_pixels
from cxr_edge_train.evaluation.swapped_films import bodies, swap, touches_border
from cxr_edge_train.learning.augment import Augmentation, augment

STRESS = Augmentation(
    p_flip=0.0, log_zoom=0.2, log_aspect=0.15, rotation=0.0, shift=1 / 16, p_marker=0.5, p_erase=0.0, p_tone=0.0,
    log_gamma=0.2, contrast=(0.8, 1.2), brightness=0.06, p_rescale=0.0, p_blur=0.25, p_sharpen=0.0, p_noise=0.25,
    p_jpeg=0.5, p_band=0.3, p_rectangle=0.0,
)  # fmt: skip
"""Framing, markers and quality as they differ between places, and nothing that hides lungs."""
SEED = 0


def stressed(films: Sequence[LabelledFilm], size: tuple[int, int]) -> Pixels:
    """Each film changed by `STRESS`, always in the same way; uint8 [N, height, width, 1]."""
    held = load_pixels(films, (SIDE, SIDE), "stressed")[..., 0]
    rngs = (np.random.default_rng((SEED, i)) for i in range(len(held)))
    return np.stack([augment(film, size, rng, STRESS) for film, rng in zip(held, rngs, strict=True)])


def swapped(films: Sequence[LabelledFilm], size: tuple[int, int]) -> tuple[list[LabelledFilm], Pixels]:
    """The films whose lungs are drawn and not cut by the border, each with its lungs in a body of the other class.

    Returns:
        Those films, whose label is that of the lungs, and uint8 [M, height, width, 1].

    Raises:
        NoMasks: there are no masks.
    """
    folder = masks_folder()
    masks = [lung_mask(film.path, folder) for film in films]
    whole = [i for i, mask in enumerate(masks) if mask is not None and not touches_border(mask)]
    chosen = [films[i] for i in whole]
    grey = load_pixels(chosen, (SIDE, SIDE), "swapped")[..., 0]
    pixels = np.empty((len(chosen), *size, 1), np.uint8)
    for a, b in enumerate(bodies([film.label for film in chosen], SEED)):
        lungs, body_lungs = masks[whole[a]], masks[whole[b]]
        assert lungs is not None
        assert body_lungs is not None
        pixels[a] = resize(Image.fromarray(swap(grey[a], lungs, grey[b], body_lungs)), size)
    return chosen, pixels
