"""An answer as a picture: a secondary capture of the film with the answer in words below it."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import replace
from functools import cache, lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom import Dataset
from pydicom.uid import SecondaryCaptureImageStorage

from cxr_edge import CxrEdgeError, Prediction
from cxr_edge_node.answering import codes
from cxr_edge_node.answering.answer import Answer
from cxr_edge_node.answering.identity import (
    AGE_NOTE,
    MANUFACTURER,
    MODEL_NAME,
    NOTE,
    PICTURE_SERIES,
    WORDS,
    algorithm,
    answer_uids,
    decision,
    new_object,
    reference,
    utc,
    zones,
)
from cxr_edge_node.answering.which_films import sentence

SIDE = 1024
"""Width of the picture, and longer side of the film in it, pixels: text is crisp, and the object has 5 MB."""

_MARGIN, _GAP, _SHAPE = 40, 12, 48
_BACK, _INK, _QUIET, _RULE = (16, 21, 28), (240, 244, 248), (176, 188, 202), (62, 74, 90)
_COLOURS = {
    "refer": (255, 172, 140),
    "review": (242, 208, 107),
    "retake": (195, 190, 255),
    "no finding": (127, 220, 184),
    "not scored": (203, 213, 225),
    "failed": (203, 213, 225),
}
"""Those of the demo's dark page; each has a contrast of at least 9 : 1 to the ground."""
_CAPTION = "Lines surround what spoke for pneumonia, thick ones what spoke strongly. Without lines, no place did."
_OF_THE_FILM = (
    "PatientOrientation", "BurnedInAnnotation", "LossyImageCompression", "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
)  # fmt: skip
"""True of the picture too: it is not turned, and what was lost stays lost (PS3.3 C.7.6.1.1.5)."""
_TRUSTED = ("refer", "review", "no finding")  # with any other the probability means nothing
_TALLEST = 4096  # of the band, before it is cut to what is written on it
_MOST_LINES = 6  # of one text: an operating point's name may be of any length


def picture(header: Dataset, answer: Answer) -> Dataset:
    """The picture of an answer, ready for `Dataset.save_as`; the same bytes for the same answer.

    RGB without compression, which every archive takes, and which blurs no thin contour. Nothing of the header is
    drawn. The film itself may show a name, which *Burned In Annotation* says if the film's header did.

    Args:
        header: of `cxr_edge_node.answering.header.read_header`.
        answer: what is said of the film.

    Raises:
        CxrEdgeError: the answer has no copy of the film.
    """
    drawn = draw(answer)
    uids = answer_uids(header, answer.model.fingerprint)
    series = (uids.picture, uids.picture_series)
    dataset = new_object(header, answer, SecondaryCaptureImageStorage, series, PICTURE_SERIES)
    dataset.Modality, dataset.ConversionType = "OT", "WSD"
    dataset.SecondaryCaptureDeviceManufacturer = MANUFACTURER
    dataset.SecondaryCaptureDeviceManufacturerModelName = MODEL_NAME
    dataset.SecondaryCaptureDeviceSoftwareVersions = dataset.SoftwareVersions
    dataset.DateOfSecondaryCapture, dataset.TimeOfSecondaryCapture = dataset.ContentDate, dataset.ContentTime
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.DerivationDescription = f"Resized film with the answer of {algorithm(answer.model)} drawn on and below it"
    source = reference(header)
    source.PurposeOfReferenceCodeSequence = [codes.item(codes.SOURCE_IMAGE)]
    dataset.SourceImageSequence = [source]
    side = "U" if answer.outcome == "scored" else header.get("ImageLaterality") or header.get("Laterality")
    setattr(dataset, "ImageLaterality" if side else "Laterality", side or "")  # U: a chest is not one of a pair
    dataset.PatientOrientation = ""
    for keyword in _OF_THE_FILM:
        if keyword in header:
            setattr(dataset, keyword, header[keyword].value)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.Rows, dataset.Columns = drawn.height, drawn.width
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    pixels = drawn.tobytes()
    dataset.PixelData = pixels + b"\0" * (len(pixels) % 2)
    dataset["PixelData"].VR = "OB"
    return dataset


def draw(answer: Answer) -> Image.Image:
    """The picture itself, RGB.

    Contours and probability of a film that was not scored, or has to be taken again, mean nothing and are not shown.

    Raises:
        CxrEdgeError: the answer has no copy of the film.
    """
    said = decision(answer)
    if answer.prediction is None or answer.prediction.film is None:
        raise CxrEdgeError("found an answer without a film; expected one of a film that was read with heatmap=True")
    film = _film(answer.prediction, contours=said in _TRUSTED)
    band = _band(answer, said)
    canvas = Image.new("RGB", (SIDE, film.height + band.height))
    canvas.paste(film, ((SIDE - film.width) // 2, 0))
    canvas.paste(band, (0, film.height))
    return canvas


def _film(prediction: Prediction, contours: bool) -> Image.Image:
    """The film at its full size in the picture; it is enlarged before contours are drawn, so that they are sharp."""
    film = Image.fromarray(np.asarray(prediction.film))
    scale = SIDE / max(film.size)
    film = film.resize([max(1, round(side * scale)) for side in film.size], Image.Resampling.BICUBIC)
    if contours and prediction.heatmap is not None:
        return replace(prediction, film=np.asarray(film)).heatmap_overlay()
    return film.convert("RGB")


def _band(answer: Answer, said: str) -> Image.Image:
    """What is below the film."""
    band = Image.new("RGB", (SIDE, _TALLEST), _BACK)
    page = ImageDraw.Draw(band)
    words, colour, card = WORDS[said], _COLOURS[said], answer.model.card
    y = _MARGIN
    band.paste(colour, (_MARGIN, y), _shape(said))
    _text(page, words.word, 52, _MARGIN + 68, y - 6, colour, bold=True)
    y = _text(page, words.advice, 26, _MARGIN, y + _SHAPE + 2 * _GAP, _INK) + _GAP
    prediction = answer.prediction
    probability = prediction.probability if prediction and said in _TRUSTED else None
    if prediction and probability is not None and math.isfinite(probability):
        y = _text(page, f"Probability of pneumonia {100 * probability:.1f} %", 34, _MARGIN, y + _GAP, _INK, bold=True)
        y = _bar(page, probability, card.review_band, y + 2 * _GAP)
        y = _text(page, f"{zones(card)} Operating point: {card.operating_points[0].name}.", 20, _MARGIN, y, _QUIET)
        y = _text(page, _CAPTION, 20, _MARGIN, y, _QUIET) if prediction.heatmap is not None else y
    if answer.reasons:
        y += 2 * _GAP
        for code in dict.fromkeys(answer.reasons):
            page.ellipse((_MARGIN + 2, y + 12, _MARGIN + 10, y + 20), fill=colour)
            y = _text(page, sentence(code), 26, _MARGIN + 26, y, _INK) + 4
    if prediction and said in _TRUSTED and not prediction.age_known:
        y = _text(page, AGE_NOTE, 20, _MARGIN, y + _GAP, _QUIET)
    y += 2 * _GAP
    page.line((_MARGIN, y, SIDE - _MARGIN, y), fill=_RULE, width=2)
    y = _text(page, NOTE, 26, _MARGIN, y + 2 * _GAP, _INK, bold=True)
    made_by = (
        f"{algorithm(answer.model)}, version {card.version}, file {answer.model.sha256[:12]} · {utc(answer.made_at)}"
    )
    y = _text(page, made_by, 20, _MARGIN, y + _GAP, _QUIET)
    return band.crop((0, 0, SIDE, min(_TALLEST, y + _MARGIN)))


def _bar(page: ImageDraw.ImageDraw, probability: float, band: tuple[float, float], y: int) -> int:
    """Zones of decisions from 0 to 1, and where the film is; returns where the next line begins."""
    width, top, bottom = SIDE - 2 * _MARGIN, y + 16, y + 36
    edges = [_MARGIN + round(width * share) for share in (0, *band, 1)]
    font, labels, x = _font(20), [], _MARGIN
    for name, left, right in zip(("no finding", "review", "refer"), edges, edges[1:], strict=False):
        if right > left:
            page.rectangle((left, top, right - 1, bottom), fill=_COLOURS[name])
            length = round(font.getlength(name))
            x = max(x, (left + right - length) // 2)  # beside its zone where that is too narrow
            labels.append((name, x, length))
            x += length + 2 * _GAP
    limit = SIDE - _MARGIN
    for name, x, length in reversed(labels):
        limit = min(x, limit - length)
        page.text((limit, bottom + 6), name, _QUIET, font)
        limit -= 2 * _GAP
    here = _MARGIN + round(width * min(1.0, max(0.0, probability)))
    page.polygon(((here - 12, y - 4), (here + 12, y - 4), (here, top)), fill=_INK)
    page.rectangle((here - 4, top - 2, here + 3, bottom + 2), fill=_BACK)
    page.rectangle((here - 2, top - 2, here + 1, bottom + 2), fill=_INK)
    return bottom + 6 + 24 + _GAP


def _shape(said: str) -> Image.Image:
    """The decision's own shape, as in the demo, as a mask: who sees no colours tells decisions apart all the same."""
    end, middle, thick = 4 * _SHAPE - 1, 2 * _SHAPE, 28
    mask = Image.new("L", (4 * _SHAPE, 4 * _SHAPE))  # drawn large and made small, since Pillow's edges are hard
    page = ImageDraw.Draw(mask)
    if said == "refer":
        page.polygon(((middle, 0), (end, end), (0, end)), fill=255)
    elif said == "review":
        page.polygon(((middle, 0), (end, middle), (middle, end), (0, middle)), fill=255)
    elif said == "retake":
        page.rectangle((12, 12, end - 12, end - 12), fill=255)
    elif said == "no finding":
        page.ellipse((4, 4, end - 4, end - 4), outline=255, width=thick)
    else:
        page.line((20, 20, end - 20, end - 20), fill=255, width=thick)
        page.line((20, end - 20, end - 20, 20), fill=255, width=thick)
    return mask.resize((_SHAPE, _SHAPE), Image.Resampling.BOX)


def _text(
    page: ImageDraw.ImageDraw, text: str, size: int, x: int, y: int, colour: tuple[int, int, int], bold: bool = False
) -> int:
    """Write lines that end at the margin; returns where the next line begins."""
    for line in _lines(_drawable(text), size, SIDE - _MARGIN - x):
        page.text((x, y), line, colour, _font(size), stroke_width=size / 70 if bold else 0)
        y += round(1.3 * size)
    return y


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@lru_cache(256)  # the same sentences for most films; measuring them takes a fifth of a picture's time
def _lines(text: str, size: int, width: int) -> list[str]:
    lines, font = [""], _font(size)
    for word in text.split():
        while font.getlength(word) > width:  # longer than a line
            word = word[: max(1, len(word) * 3 // 4)]
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines if len(lines) <= _MOST_LINES else [*lines[:_MOST_LINES], "..."]


def _drawable(text: str) -> str:
    """`text` in what Pillow's own font has: Latin letters without accents; a question mark for any other."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c if c.isascii() or c in "·°" else "?" for c in plain if not unicodedata.combining(c))
