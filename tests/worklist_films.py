"""Drawn films by the hundred: small, each with bytes of its own."""

import io
import zipfile

from PIL import Image


def drawn_films(phantoms, count, side=160):
    """Names and JPEGs of phantoms in turn, of which every twentieth is upside down."""
    bases = [Image.open(path).convert("L").resize((side, side)) for path in sorted(phantoms.values())]
    for number in range(count):
        film = bases[number % len(bases)]
        if number % 20 == 7:
            film = film.rotate(180)
        buffer = io.BytesIO()
        film.save(buffer, "JPEG", quality=85, comment=f"{number}".encode())
        yield f"film {number:03}.jpg", buffer.getvalue()


def zip_of(path, films):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in films:
            archive.writestr(name, data)
    return path
