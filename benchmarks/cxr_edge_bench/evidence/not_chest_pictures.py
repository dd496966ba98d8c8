"""Three hundred pictures that are no chest X-ray: what other packages bundle, photographs, pages, charts, noise.

None of them is used to make the quality gate. Pictures come from scikit-image, scikit-learn, pydicom and matplotlib as
far as they are installed (CT and MR slices among them), then parts of those; the rest is drawn here, always the same.
They are many kinds rather than many independent pictures.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

TOTAL = 300
SOURCES = ("skimage", "sklearn", "pydicom", "matplotlib")
"""Packages that bring pictures; without one of them the pictures are others, and no record should be made of them."""
Named = tuple[str, Image.Image]
_TEXT = "the film was read twice and nobody could say what the shadow behind the heart would turn out to be"


def pictures() -> list[Named]:
    """`TOTAL` pictures with the name of their kind."""
    bundled = [*_folder_of("skimage", "data"), *_folder_of("sklearn", "datasets/images")]
    photographs = [*bundled, *_folder_of("matplotlib", "mpl-data/sample_data")]
    found = [*bundled, *_dicom(), *_digits(25), *_pages(45), *_charts(45), *_noise(35), *_plain(15)]
    crops = islice(_crops([image for _, image in photographs]), TOTAL - len(found))
    return [*found, *crops]


def _folder_of(package: str, inside: str) -> Iterator[Named]:
    try:
        module = __import__(package)
    except ModuleNotFoundError:
        return
    for path in sorted((Path(module.__file__ or "").parent / inside).iterdir()):
        if path.suffix in (".png", ".jpg", ".jpeg"):
            with Image.open(path) as image:
                if min(image.size) >= 32:
                    yield f"bundled with {package}", image.copy()


def _dicom() -> Iterator[Named]:
    """Pictures of pydicom's test objects, one each, stretched to 8 bits; headers are not used."""
    try:
        import pydicom
    except ModuleNotFoundError:
        return
    seen = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted((Path(pydicom.__file__).parent / "data/test_files").glob("*.dcm")):
            try:
                dataset = pydicom.dcmread(path)
                pixels = np.squeeze(dataset.pixel_array)
            except Exception:  # an object without pixels, or one that is damaged on purpose
                continue
            if dataset.get("Modality") in ("CR", "DX", "RG"):
                continue
            if pixels.ndim == 3 and pixels.shape[2] != 3:
                pixels = pixels[0]
            if min(pixels.shape[:2]) < 32 or pixels.tobytes() in seen:
                continue
            seen.add(pixels.tobytes())
            low, high = np.percentile(pixels, (1, 99))
            stretched = np.clip((pixels - low) * 255.0 / max(high - low, 1), 0, 255).astype(np.uint8)
            yield "bundled with pydicom", Image.fromarray(stretched)


def _digits(count: int) -> Iterator[Named]:
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError:
        return
    for digit in load_digits().images[:count]:
        small = Image.fromarray((digit * 15.9).astype(np.uint8))
        yield "handwritten digit", small.resize((256, 256), Image.Resampling.BICUBIC)


def _pages(count: int) -> Iterator[Named]:
    rng = np.random.default_rng(1)
    for _ in range(count):
        paper, ink = (rng.integers(200, 256), rng.integers(0, 90))
        page = Image.new("L", (600, 800), int(paper))
        pen, size, y = ImageDraw.Draw(page), int(rng.integers(10, 34)), int(rng.integers(20, 120))
        left = int(rng.integers(20, 90))
        while y < 780:
            pen.text((left, y), " ".join(rng.choice(_TEXT.split(), 700 // (5 * size))), fill=int(ink), font_size=size)
            y += int(size * rng.uniform(1.2, 2.6))
        yield "text page", page.rotate(rng.uniform(-4, 4), fillcolor=int(paper))


def _charts(count: int) -> Iterator[Named]:
    import matplotlib.pyplot as plt

    rng = np.random.default_rng(2)
    for i in range(count):
        figure, axes = plt.subplots(figsize=(5, 4), dpi=80)
        values = rng.standard_normal((4, 40)).cumsum(axis=1)
        if i % 5 == 0:
            axes.plot(values.T)
        elif i % 5 == 1:
            axes.bar(range(12), np.abs(values[0, :12]))
        elif i % 5 == 2:
            axes.scatter(values[0], values[1], s=60)
        elif i % 5 == 3:
            axes.imshow(rng.random((8, 8)))
        else:
            axes.pie(np.abs(values[0, :6]) + 0.1)
        axes.set_title("Films a day")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        plt.close(figure)
        yield "chart", Image.open(buffer).convert("RGB")


def _noise(count: int) -> Iterator[Named]:
    rng = np.random.default_rng(3)
    for i in range(count):
        values = rng.normal(128, rng.uniform(10, 80), (256, 256))
        image = Image.fromarray(values.clip(0, 255).astype(np.uint8))
        yield "noise", image.filter(ImageFilter.GaussianBlur(float((0, 1, 3, 6, 12)[i % 5])))


def _plain(count: int) -> Iterator[Named]:
    for i in range(count):
        if i % 3:
            yield "plain grey", Image.new("L", (300, 300), round(255 * i / (count - 1)))
        else:
            yield "gradient", Image.linear_gradient("L").rotate(90 * (i // 3))


def _crops(photographs: list[Image.Image]) -> Iterator[Named]:
    """Windows of half of a photograph's sides, one from each in turn."""
    rng = np.random.default_rng(4)
    large = [image for image in photographs if min(image.size) >= 128]
    while large:
        for image in large:
            width, height = image.width // 2, image.height // 2
            left, top = int(rng.integers(width)), int(rng.integers(height))
            yield "part of a bundled picture", image.crop((left, top, left + width, top + height))


def in_grey(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Without its colour, which alone would give a photograph away."""
    return np.asarray(image.convert("RGBA").convert("L"))
