"""Pictures that are not an upright frontal chest film, made from ones that are.

Nobody has to collect them, so any model can be fitted to tell them apart. Each function takes a film uint8 [h, w] and
a random generator, and gives uint8 [h', w'].
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Picture = npt.NDArray[np.uint8]
Maker = Callable[[Picture, np.random.Generator], Picture]
SIDE = 224
_LETTERS = list("abcdefghijklmnopqrstuvwxyz     ABCDEF0123456789.,:")


def crop(film: Picture, rng: np.random.Generator) -> Picture:
    """A window of 30 to 55 % of each side."""
    height, width = (rng.uniform(0.3, 0.55, 2) * film.shape).astype(int)
    top, left = rng.integers(0, film.shape[0] - height + 1), rng.integers(0, film.shape[1] - width + 1)
    return film[top : top + height, left : left + width]


def lateral(film: Picture, rng: np.random.Generator) -> Picture:
    """The two halves laid over each other, one mirrored: what a beam from the side does to two lungs and a spine."""
    middle = int(film.shape[1] * rng.uniform(0.46, 0.54))
    left, right = _stretch(film[:, :middle]).astype(float), _stretch(film[:, :middle:-1]).astype(float)
    right = np.roll(right, rng.integers(-20, 21), axis=1)
    share = rng.uniform(0.25, 0.75)
    both = np.maximum(left, right) if rng.random() < 0.3 else share * left + (1 - share) * right
    flat: Picture = both[:, :: rng.choice([-1, 1])].astype(np.uint8)
    if rng.random() < 0.5:
        return flat
    body = _stretch(flat, (SIDE, int(SIDE * rng.uniform(0.6, 1))))  # narrower than the film
    whole = np.full((SIDE, SIDE), rng.integers(0, 30), np.uint8)
    start = rng.integers(0, SIDE - body.shape[1] + 1)
    whole[:, start : start + body.shape[1]] = body
    return whole


def shuffle(film: Picture, rng: np.random.Generator) -> Picture:
    """2 × 2 to 4 × 4 tiles in random order."""
    n, side = int(rng.integers(2, 5)), 60
    tiles = _stretch(film, (n * side, n * side)).reshape(n, side, n, side).swapaxes(1, 2).reshape(n * n, side, side)
    mixed = tiles[rng.permutation(n * n)].reshape(n, n, side, side).swapaxes(1, 2)
    return np.ascontiguousarray(mixed.reshape(n * side, n * side), np.uint8)


def oblique(film: Picture, rng: np.random.Generator) -> Picture:
    """Turned by 35° to 70°."""
    angle = rng.uniform(35, 70) * rng.choice([-1, 1])
    return np.asarray(Image.fromarray(film).rotate(angle, Image.Resampling.BILINEAR, fillcolor=int(rng.integers(40))))


def scatter(film: Picture, rng: np.random.Generator) -> Picture:
    """The film's spectrum with random phases: its texture without its shapes."""
    phases = np.fft.rfft2(rng.random(film.shape))
    mixed = np.fft.irfft2(np.abs(np.fft.rfft2(film)) * phases / np.abs(phases), film.shape)
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


def warp(film: Picture, rng: np.random.Generator) -> Picture:
    """Bent beyond anatomy."""
    height, width = film.shape

    def shift() -> npt.NDArray[np.floating]:
        field = Image.fromarray(rng.standard_normal((5, 5), np.float32))
        return np.asarray(field.resize((width, height), Image.Resampling.BICUBIC)) * rng.uniform(25, 50)

    y, x = np.mgrid[:height, :width]
    rows = np.clip(y + shift(), 0, height - 1).astype(int)
    columns = np.clip(x + shift(), 0, width - 1).astype(int)
    return np.ascontiguousarray(film[rows, columns])


def noise(film: Picture, rng: np.random.Generator) -> Picture:
    """Noise whose spectrum falls with a random power of frequency; `film` is not used."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None])
    frequency[0, 0] = 1
    waves = np.fft.rfft2(rng.standard_normal((SIDE, SIDE))) / frequency ** rng.uniform(0, 2.2)
    values = np.fft.irfft2(waves, (SIDE, SIDE))
    values = rng.uniform(40, 200) + rng.uniform(5, 70) * (values - values.mean()) / values.std()
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def drawing(film: Picture, rng: np.random.Generator) -> Picture:
    """A background with up to 24 shapes and words; `film` is not used."""
    image = Image.new("L", (SIDE, SIDE), int(rng.integers(256)))
    pen = ImageDraw.Draw(image)
    for _ in range(rng.integers(25)):
        (left, right), (top, bottom) = np.sort(rng.integers(-20, SIDE + 20, (2, 2))).tolist()
        box, grey, shape = (left, top, right, bottom), int(rng.integers(256)), rng.integers(4)
        if shape == 0:
            pen.ellipse(box, fill=grey)
        elif shape == 1:
            pen.rectangle(box, fill=grey)
        elif shape == 2:
            pen.line(box, fill=grey, width=int(rng.integers(1, 12)))
        else:
            pen.text((left, top), "".join(rng.choice(_LETTERS, 20)), fill=grey, font_size=int(rng.integers(8, 40)))
    if rng.random() < 0.5:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 6)))
    return np.asarray(image)


KINDS: dict[str, tuple[Maker, ...]] = {
    "upright": (lambda film, rng: film,),
    "turned-left": (lambda film, rng: np.rot90(film, 1),),
    "upside-down": (lambda film, rng: film[::-1, ::-1],),
    "turned-right": (lambda film, rng: np.rot90(film, -1),),
    "inverted": (lambda film, rng: 255 - film,),
    "cropped": (crop,),
    "lateral": (lateral,),
    "not-a-chest-film": (shuffle, oblique, scatter, warp, noise, drawing),
}
"""What the output ``view`` tells apart, in order. All but the first are reason codes of the runtime."""


def _stretch(film: Picture, shape: tuple[int, int] = (SIDE, SIDE)) -> Picture:
    image = Image.fromarray(np.ascontiguousarray(film))
    return np.asarray(image.resize(shape[::-1], Image.Resampling.BILINEAR))
