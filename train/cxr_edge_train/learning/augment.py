"""Randomly changed copies of a film: geometry, exposure, markers and image degradation, alike for both classes.

Geometry matters most: without it a network learns the framing of the films, which in the Kermany set gives the
label away. Degradation keeps the operating point in place when films arrive recompressed or blurred.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from cxr_edge.film.grey import window
from cxr_edge.film.preprocess import squash
from cxr_edge_train.learning.markers import draw_markers, erase_near_border


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random changes; lengths are fractions of the film's side, `p_…` are probabilities.

    Attributes:
        log_zoom, log_aspect, log_gamma: uniform ± on a logarithmic scale.
        rotation: ± degrees. shift: ± fraction. contrast: factor around mid-grey. brightness: ± of white.
        tone: ± bend of a tone curve that is steep or flat in the middle; below 1 it stays monotone.
        band, rectangle: largest width of black border bands, side range of an erased rectangle.
    """

    p_flip: float = 0.5
    log_zoom: float = 0.3
    log_aspect: float = 0.12
    rotation: float = 8.0
    shift: float = 0.1
    p_marker: float = 0.4
    p_erase: float = 0.25
    p_tone: float = 0.35
    tone: float = 0.6
    log_gamma: float = 0.4
    contrast: tuple[float, float] = (0.7, 1.3)
    brightness: float = 0.12
    p_rescale: float = 0.4
    rescale: tuple[float, float] = (0.3, 0.95)
    p_blur: float = 0.25
    blur: tuple[float, float] = (0.3, 1.6)
    p_sharpen: float = 0.15
    p_noise: float = 0.3
    noise: tuple[float, float] = (1.0, 10.0)
    p_jpeg: float = 0.6
    jpeg: tuple[int, int] = (30, 95)
    p_band: float = 0.3
    band: float = 0.12
    p_rectangle: float = 0.3
    rectangle: tuple[float, float] = (0.1, 0.3)


def augment(
    film: npt.NDArray[np.uint8],
    size: tuple[int, int],
    rng: np.random.Generator,
    ranges: Augmentation,
) -> npt.NDArray[np.uint8]:
    """A randomly changed copy of `film`, uint8 [h, w], resized and windowed to uint8 [height, width, 1]."""
    return augment_with_lungs(film, np.zeros_like(film), size, rng, ranges)[0]


def augment_with_lungs(
    film: npt.NDArray[np.uint8],
    lungs: npt.NDArray[np.uint8],
    size: tuple[int, int],
    rng: np.random.Generator,
    ranges: Augmentation,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """As `augment`, and where the lungs, uint8 [h, w], are in the copy: uint8 [h, w]."""
    image, moved = _move(film, lungs, rng, ranges)
    if rng.random() < ranges.p_erase:
        erase_near_border(image, rng)
    if rng.random() < ranges.p_marker:
        draw_markers(image, rng)
    image = _degrade(_expose(image, rng, ranges), rng, ranges)
    pixels: npt.NDArray[np.uint8] = np.array(squash(image, size), np.uint8)[..., np.newaxis]
    if rng.random() < ranges.p_band:
        _blacken_borders(pixels, rng, ranges)
    if rng.random() < ranges.p_rectangle:
        _erase_rectangle(pixels, rng, ranges)
    return window(pixels), np.asarray(moved)


def _move(
    film: npt.NDArray[np.uint8], lungs: npt.NDArray[np.uint8], rng: np.random.Generator, ranges: Augmentation
) -> tuple[Image.Image, Image.Image]:
    """Flip, zoom, stretch, rotate and shift both; what comes into view is black or the replicated border, no lung."""
    height, width = film.shape
    if rng.random() < ranges.p_flip:
        film, lungs = film[:, ::-1], lungs[:, ::-1]
    margin = max(height, width) // 2  # more than any of the moves reaches
    mode = "edge" if rng.random() < 0.5 else "constant"
    zoom, aspect = rng.uniform(-ranges.log_zoom, ranges.log_zoom), rng.uniform(-ranges.log_aspect, ranges.log_aspect)
    angle = np.deg2rad(rng.uniform(-ranges.rotation, ranges.rotation))
    scale = np.exp(-np.array([zoom + aspect / 2, zoom - aspect / 2]))  # output pixel → input pixel
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    centre = np.array([width, height]) / 2
    shift = rng.uniform(-ranges.shift, ranges.shift, 2) * [width, height]
    offset = centre + margin + shift - turn @ centre
    matrix = (turn[0, 0], turn[0, 1], offset[0], turn[1, 0], turn[1, 1], offset[1])

    def moved(pixels: npt.NDArray[np.uint8], mode: str, filter: Image.Resampling) -> Image.Image:
        padded = Image.fromarray(np.pad(pixels, margin, mode=mode))  # type: ignore[call-overload]
        return padded.transform((width, height), Image.Transform.AFFINE, matrix, resample=filter)

    return moved(film, mode, Image.Resampling.BILINEAR), moved(lungs, "constant", Image.Resampling.NEAREST)


def _expose(image: Image.Image, rng: np.random.Generator, ranges: Augmentation) -> Image.Image:
    """Tone curve, gamma, contrast around mid-grey, brightness."""
    levels = np.linspace(0, 1, 256)
    if rng.random() < ranges.p_tone:
        levels = levels + rng.uniform(-ranges.tone, ranges.tone) * np.sin(2 * np.pi * levels) / (2 * np.pi)
    levels = np.clip(levels, 0, 1) ** np.exp(rng.uniform(-ranges.log_gamma, ranges.log_gamma))
    levels = (levels - 0.5) * rng.uniform(*ranges.contrast) + 0.5
    levels += rng.uniform(-ranges.brightness, ranges.brightness)
    return image.point(np.rint(np.clip(levels * 255, 0, 255)).astype(np.uint8).tolist())


def _degrade(image: Image.Image, rng: np.random.Generator, ranges: Augmentation) -> Image.Image:
    """What scanners, phones and file exchange do: lost resolution, blur, sharpening, noise, JPEG."""
    size = image.size
    if rng.random() < ranges.p_rescale:
        factor = rng.uniform(*ranges.rescale)
        smaller = (max(8, round(size[0] * factor)), max(8, round(size[1] * factor)))
        image = image.resize(smaller, Image.Resampling.BILINEAR).resize(size, Image.Resampling.BILINEAR)
    if rng.random() < ranges.p_blur:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(*ranges.blur)))
    if rng.random() < ranges.p_sharpen:
        image = image.filter(ImageFilter.UnsharpMask(2, int(rng.integers(50, 150)), 2))
    if rng.random() < ranges.p_noise:
        noise = rng.standard_normal(size[::-1], dtype=np.float32) * np.float32(rng.uniform(*ranges.noise))
        image = Image.fromarray(np.rint(np.clip(np.asarray(image) + noise, 0, 255)).astype(np.uint8))
    if rng.random() < ranges.p_jpeg:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(rng.integers(ranges.jpeg[0], ranges.jpeg[1] + 1)))
        image = Image.open(buffer)
    return image


def _blacken_borders(pixels: npt.NDArray[np.uint8], rng: np.random.Generator, ranges: Augmentation) -> None:
    """Collimator edges: a dark band of random width on each side."""
    height, width, _ = pixels.shape
    grey = rng.integers(0, 41)
    top, bottom = (rng.uniform(0, ranges.band, 2) * height).astype(int)
    left, right = (rng.uniform(0, ranges.band, 2) * width).astype(int)
    pixels[:top] = pixels[height - bottom :] = grey
    pixels[:, :left] = pixels[:, width - right :] = grey


def _erase_rectangle(pixels: npt.NDArray[np.uint8], rng: np.random.Generator, ranges: Augmentation) -> None:
    """Fill one rectangle with the film's mean, so that no single place decides."""
    height, width, _ = pixels.shape
    h, w = (rng.uniform(*ranges.rectangle, 2) * [height, width]).astype(int)
    top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    pixels[top : top + h, left : left + w] = np.uint8(pixels.mean())
