"""Drawn chest films: no patient, no data set, only geometry. For samples, tests and self-tests.

A phantom is a map of attenuation (soft tissue, air, bone added up along the beam), put through a film curve. Lengths
are fractions of the film: x from −1 (the patient's right, left in the picture) to 1, y from 0 (top) to 1.

``python -m cxr_edge_train.data.phantom FOLDER`` draws the bundled samples again.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

Map = npt.NDArray[np.float64]
CAPTION = "DRAWN PHANTOM, NO PATIENT"


@dataclass(frozen=True)
class Opacity:
    """A consolidation: centre (x, y), radii, and attenuation added at its densest."""

    x: float
    y: float
    radius_x: float = 0.42
    radius_y: float = 0.26
    density: float = 0.6


@dataclass(frozen=True)
class Phantom:
    """One film; `seed` varies build and texture, `opacities` make it sick."""

    seed: int = 0
    opacities: tuple[Opacity, ...] = field(default=())


SAMPLES = {
    "drawn_clear.png": Phantom(seed=1),
    "drawn_opacity_right_lower.png": Phantom(seed=26, opacities=(Opacity(-0.38, 0.53),)),
    "drawn_opacity_both.png": Phantom(seed=10, opacities=(Opacity(-0.36, 0.5), Opacity(0.4, 0.46, 0.34, 0.22, 0.5))),
}


def draw(phantom: Phantom, side: int = 448) -> Image.Image:
    """Draw a phantom as a grey picture (mode L) of `side` × `side` pixels, captioned as drawn."""
    rng = np.random.default_rng(phantom.seed)
    y, x = np.mgrid[0 : 1 : side * 1j, -1 : 1 : side * 1j]
    x = (x - rng.uniform(-0.02, 0.02)) * rng.uniform(0.97, 1.03)
    lungs = _lungs(x, y)
    trunk = _trunk(x, y)
    tissue = trunk + _abdomen(x, y) * np.clip(3 * trunk, 0, 1) - 0.7 * lungs
    tissue = np.maximum(tissue, 0) + 0.4 * _heart(x, y) * (0.3 + 0.7 * lungs)
    for opacity in phantom.opacities:
        tissue += opacity.density * _consolidation(x, y, opacity, rng) * np.clip(lungs * 3, 0, 1)
    attenuation = tissue + _bones(x, y) + 0.16 * _vessels(x, y, rng) * (lungs > 0)
    attenuation = gaussian_filter(attenuation, side / 400)
    attenuation += 0.05 * gaussian_filter(attenuation, side / 25)  # scattered radiation
    film = 245 * (1 - np.exp(-1.25 * np.maximum(attenuation, 0.02)))
    film += 1.5 * gaussian_filter(rng.standard_normal(film.shape), 0.7)
    image = Image.fromarray(np.clip(film, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    pen.text((side * 0.04, side * 0.05), "R", fill=235, font_size=side / 20)
    pen.text((side * 0.02, side * 0.955), CAPTION, fill=235, stroke_width=2, stroke_fill=0, font_size=side / 30)
    return image


def _edge(distance: Map, softness: float = 0.012) -> Map:
    """1 where `distance` is well above 0, 0 well below, smooth between."""
    return 1 / (1 + np.exp(-np.clip(distance / softness, -60, 60)))


def _ellipse(x: Map, y: Map, cx: float, cy: float, rx: float, ry: float) -> Map:
    return 1 - np.hypot((x - cx) / rx, (y - cy) / ry)


def _trunk(x: Map, y: Map) -> Map:
    """Neck, shoulders, raised arms and chest as a soft cylinder."""
    width = 0.26 + 0.62 * _edge(y - 0.1, 0.022) - 0.06 * _edge(y - 0.5, 0.15)
    chord = np.sqrt(np.clip(1 - (x / width) ** 2, 0, None))
    arm = np.zeros_like(x)
    for side in (-1, 1):
        axis = _arm(y)
        arm = np.maximum(arm, np.sqrt(np.clip(1 - ((side * x - axis) / 0.16) ** 2, 0, None)) * _edge(0.25 - y, 0.03))
    return np.maximum(0.95 * chord**0.8, 0.55 * arm)


def _arm(y: Map) -> Map:
    """|x| of the raised arms' axis."""
    return 0.78 + 0.3 * (0.22 - y) / 0.22


def _cage(y: Map) -> Map:
    """|x| of the inner border of the ribs."""
    return 0.74 * np.clip(1 - np.abs((y - 0.76) / 0.66) ** 2.5, 0, None) ** 0.52


def _diaphragm(x: Map) -> Map:
    """y of the domes; the right one is higher."""
    right = 0.68 + 0.9 * np.abs(np.minimum(x, 0) + 0.4) ** 2.4
    left = 0.7 + 0.9 * np.abs(np.maximum(x, 0) - 0.42) ** 2.4
    return np.where(x < 0, right, left)


def _lungs(x: Map, y: Map) -> Map:
    """Depth of air along the beam, 0…1."""
    side = np.abs(x)
    lateral = _cage(y) - 0.02
    medial = 0.12 + 0.04 * (x > 0)
    middle, half = (lateral + medial) / 2, np.maximum(lateral - medial, 1e-3) / 2
    depth = np.clip(1 - ((side - middle) / half) ** 2, 0, None) ** 0.35
    return depth * _edge(_diaphragm(x) - y) * _edge(y - 0.135, 0.02)


def _abdomen(x: Map, y: Map) -> Map:
    """Liver below the right dome, stomach with its bubble below the left."""
    below = _edge(y - _diaphragm(x), 0.01) * _edge(0.72 - np.abs(x), 0.03)
    bubble = np.clip(_ellipse(x, y, 0.4, 0.8, 0.17, 0.05) * 3, 0, 1)
    return below * (0.42 - 0.35 * bubble)


def _heart(x: Map, y: Map) -> Map:
    """Heart and great vessels."""
    turned_x, turned_y = x - 0.1 - 0.35 * (y - 0.55), y
    heart = np.clip(_ellipse(turned_x, turned_y, 0.02, 0.56, 0.32, 0.17) * 4, 0, 1)
    vessels = _edge(0.14 - np.abs(x - 0.01), 0.02) * _edge(0.72 - y, 0.03)
    return np.maximum(heart, vessels)


def _bones(x: Map, y: Map) -> Map:
    """Spine, ribs behind and in front, collar bones, upper arms."""
    spine = _edge(0.085 - np.abs(x), 0.01) * (0.75 + 0.25 * np.cos(2 * np.pi * y / 0.058))
    bones = 0.24 * spine
    side = np.abs(x)
    cage = _cage(y)
    inside = _edge(cage - side, 0.008)
    for rib in range(10):
        root = 0.15 + 0.062 * rib
        reach = side / 0.72
        behind = y - (root - 0.05 * np.sin(np.pi * np.clip(reach * 0.9, 0, 1)) + 0.12 * reach**3)
        bones = bones + 0.2 * _band(behind, 0.013) * inside * (side > 0.08)
        front = y - (root + 0.16 - 0.1 * np.clip(reach, 0, 1.2))
        bones = bones + 0.09 * _band(front, 0.013) * inside * _edge(side - 0.26, 0.04) * (rib < 7)
    bones = bones + 0.2 * np.exp(-(((side - cage) / 0.014) ** 2)) * _edge(y - 0.17) * _edge(0.8 - y, 0.02)
    collar = y - (0.19 - 0.09 * np.clip((side - 0.06) / 0.6, 0, 1) ** 0.6)
    bones = bones + 0.26 * _band(collar, 0.014) * (side > 0.07) * (side < 0.66)
    arm = side - _arm(y)
    return bones + 0.35 * _band(arm, 0.05) * _edge(0.2 - y, 0.02)


def _band(distance: Map, width: float) -> Map:
    """A tube seen from the side: flat inside, soft at its edges."""
    return np.exp(-((distance / width) ** 4))


def _vessels(x: Map, y: Map, rng: np.random.Generator) -> Map:
    """Lung markings: branches that start at either hilum and thin out."""
    side = x.shape[0]
    image = Image.new("F", (side, side))
    pen = ImageDraw.Draw(image)
    for root in (-0.17, 0.2):
        for angle in np.linspace(-1.3, 1.4, 13):
            point, heading = np.array([root, 0.42]), angle + rng.normal(0, 0.1)
            for step in range(14):
                heading += rng.normal(0, 0.12)
                move = np.array([np.sign(root) * np.cos(heading) * 0.035, np.sin(heading) * 0.02])
                line = [((p[0] + 1) / 2 * side, p[1] * side) for p in (point, point + move)]
                pen.line(line, fill=1 - step / 14, width=max(1, round((1 - step / 14) * side / 110)))
                point = point + move
    markings: Map = gaussian_filter(np.asarray(image, np.float64), side / 300)
    return markings


def _consolidation(x: Map, y: Map, opacity: Opacity, rng: np.random.Generator) -> Map:
    """A patch with cloudy borders and texture, 0…1."""
    cloud = gaussian_filter(rng.standard_normal(x.shape), x.shape[0] / 28)
    inside = _ellipse(x, y, opacity.x, opacity.y, opacity.radius_x, opacity.radius_y)
    return _edge(inside + 0.25 * cloud / cloud.std(), 0.15)


def main(folder: Path) -> None:
    """Draw the samples into `folder`."""
    for name, phantom in SAMPLES.items():
        draw(phantom).save(folder / name, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
