"""What a picture's colours say against being a film, before it becomes grey pixels."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

COLOUR = 8.0  # mean distance from the usual colour of a brightness, |ΔCb| + |ΔCr| in grey levels
LISTED = 0.12  # mean distance from a scale of `SCALES`, as a share of the spread of all colours
BENT = 0.22  # how far the colour of a brightness leaves a straight line, as a share of the spread of brightness
SCALES = {
    "viridis": "440154 482677 414287 23888e 22a884 63cb5f cde11d e2e418 fde725",
    "plasma": "0d0887 6700a8 8405a7 a01a9c d9586a f68d45 fec029 f0f921",
    "inferno": "000004 180c3c 320a5e 4d0d6c 741a6e a02a63 d24644 eb6429 fb9606 fcb418 f4dd4f f1f179 fcffa4",
    "magma": "000004 251255 4e117b 802582 b2357b d8456c ee5b5e fb835f fea36f fcfdbf",
    "cividis": "00224e 003171 434e6c 938e78 d0be62 fde334 fee838",
    "hot": "0b0000 ff0000 ffff00 ffffff",
    "jet": "000080 0000ff 00e4f8 16ffe1 eeff09 f8f500 ff1300 e80000 800000",
    "turbo": "30123b 4040a2 476ee6 448ffe 2fb2f4 18e0bd 35f394 9cfe40 bcf534 d9e436 fdae35 ef5811 c12302 7a0403",
    "hsv": "ff0000 ffff00 00ff00 00ffff 0000ff ff00ff ff0000",
    "rainbow": "8000ff 3e65fa 00b5eb 40ecd4 76ffb9 b6f193 feb562 ff0000",
    "nipy_spectral": "000000 870098 0300aa 0000dd 0098dd 00aaab 009a00 00ff00 bcff00 efed00 ffcd00 "
    "fe0000 cc0000 cccccc",
    "gist_ncar": "000080 005f06 0000ee 000eff 00f2ff 00fe1f 13fb00 60ce00 84ff0c bbff3c fff800 ffba0e "
    "ff0a00 ff00f8 9f33fe eb80ee fef8fe",
    "gnuplot": "000000 24001f 6d02ea 8204ff 9c0db7 b52000 e17700 ffff00",
    "gnuplot2": "000000 0100ff 8700ff fe4cb3 fffe01 ffffff",
    "CMRmap": "000000 262680 4d26bf ff4126 e67f00 e6bf19 e6e683 ffffff",
    "cubehelix": "000000 160c1f 1a2543 15444f 1c6344 3c7632 6f7b31 be796a d589b8 c6b4ee cae7f0 ffffff",
    "brg": "0000ff fe0001 00ff00",
    "coolwarm": "3b4cc0 688aef a2c1ff c3d5f4 d6dce4 f1cdba f7a889 e9785d cb3e38 b40426",
    "seismic": "00004c 0000ff ffffff ff0000 800000",
    "twilight": "e2d9e2 8eb1c5 6e92c0 6172ba 5e43a5 58268a 471461 311337 5f174a 7e2250 a03d50 b86155 ca9a7d e2d9e2",
    "Spectral": "9e0142 d63f4f f46d43 fdb163 fee08b ffffbe e4f498 acdda4 66c2a5 3389bd 5e4fa2",
    "RdBu": "67001f b3192c da6853 f5a886 fdd9c4 f6f7f7 93c6de 4393c3 2065ab 053061",
    "RdYlBu": "a50026 d83128 f46d43 fdad60 fee090 fffebe e0f3f8 acdae9 70a9cf 4676b5 313695",
    "RdYlGn": "a50026 d83128 f57245 fdad60 fede89 feffbe d9ef8b a5d86a 1b9950 006837",
    "PiYG": "8e0152 c41a7c fddeee f7f7f7 e6f5d0 bde38d 7fbc41 4c9121 276419",
    "BrBG": "543005 8b500a bf812d dec17b f5e7c0 f4f5f5 81cec2 35978f 02675f 003c30",
}
"""Matplotlib's colour scales of these names as the corners of a line through RGB, at most 12 levels off."""
_SIDE = 64  # of the grid that colour is looked at on
_FEW = 16  # every so many of the grid's pixels are compared with `SCALES`
_GREY = 8  # |Cb − 128| + |Cr − 128| below which a pixel is grey
_DARK, _BRIGHT = 24, 232  # beyond which nearly every scale ends, grey or not

_Floats = npt.NDArray[np.float64]


def doubts_of_colour(image: Image.Image) -> tuple[str, ...]:
    """``false-colour``, ``colour-photograph`` or nothing, of a picture of any mode.

    A film on a blue base, a sepia print and a photograph of a light box have one colour for each brightness, all nearly
    on a straight line. False colours follow a line with bends, and their luma squeezes or folds the grey levels. A
    photograph of the world has many colours for one brightness and follows no line.
    """
    if image.mode in ("1", "L", "LA", "I", "F") or image.mode.startswith("I;16"):
        return ()
    rgb, ycc = _by_brightness(image)
    grouped = ycc.reshape(_SIDE, _SIDE, 3)  # (group of like brightness, member, Y, Cb or Cr)
    usual = np.median(grouped, axis=1)
    many = np.abs(grouped - usual[:, np.newaxis])[..., 1:].sum(axis=2).mean() > COLOUR
    if not _mostly_grey(ycc) and (_follows_a_scale(rgb[::_FEW]) or (not many and _bend(usual) > BENT)):
        return ("false-colour",)
    return ("colour-photograph",) if many else ()


def _by_brightness(image: Image.Image) -> tuple[_Floats, npt.NDArray[np.int16]]:
    """Of a grid of pixels, darkest first: RGB and YCbCr, [_SIDE², 3]."""
    sampled = image.resize((_SIDE, _SIDE), Image.Resampling.NEAREST)
    if image.mode in ("P", "PA", "RGBA", "RGBa"):  # colours nobody sees, behind transparency, do not count
        sampled = Image.alpha_composite(Image.new("RGBA", sampled.size, "black"), sampled.convert("RGBA"))
    sampled = sampled.convert("RGB")
    ycc = np.asarray(sampled.convert("YCbCr"), np.int16).reshape(-1, 3)
    order = np.argsort(ycc[:, 0], kind="stable")
    return np.asarray(sampled, float).reshape(-1, 3)[order], ycc[order]


def _mostly_grey(ycc: npt.NDArray[np.int16]) -> bool:
    """Whether most pixels that are neither dark nor bright are grey: a film, perhaps with coloured marks on it."""
    between = ycc[(ycc[:, 0] > _DARK) & (ycc[:, 0] < _BRIGHT)]
    return 2 * int((np.abs(between[:, 1:] - 128).sum(axis=1) < _GREY).sum()) >= len(between)


def _bend(usual: _Floats) -> float:
    """How far [N, 3] points (Y, Cb, Cr) lie from the straight line that fits best, as for `BENT`."""
    centred = usual - usual.mean(axis=0)
    line = np.linalg.svd(centred, full_matrices=False)[2][0]
    off = np.linalg.norm(centred - np.outer(centred @ line, line), axis=1)
    return float(np.percentile(off, 75) / max(1.0, usual[:, 0].std()))


def _follows_a_scale(rgb: _Floats) -> bool:
    """Whether pixels [N, 3] lie along one of `SCALES`."""
    start, step, first = _pieces()
    length = (step * step).sum(axis=1)
    ahead = rgb @ step.T - (start * step).sum(axis=1)  # (pixel, piece), from here on
    squared = (rgb * rgb).sum(axis=1)[:, np.newaxis] - 2 * rgb @ start.T + (start * start).sum(axis=1)
    along = np.clip(ahead / length, 0.0, 1.0)
    distance = np.sqrt(np.maximum(squared + along * (along * length - 2 * ahead), 0.0))
    nearest = np.minimum.reduceat(distance, first, axis=1).mean(axis=0)  # (scale)
    return bool(nearest.min() < LISTED * np.sqrt(rgb.var(axis=0).sum()))


@cache
def _pieces() -> tuple[_Floats, _Floats, npt.NDArray[np.intp]]:
    """The straight pieces of all `SCALES`: where each begins and its step, [pieces, 3], and the first of each scale."""
    lines = [np.array([list(bytes.fromhex(c)) for c in corners.split()], float) for corners in SCALES.values()]
    first = np.cumsum([0, *(len(line) - 1 for line in lines[:-1])])
    start, step = ([line[:-1] for line in lines], [np.diff(line, axis=0) for line in lines])
    return np.concatenate(start), np.concatenate(step), first
