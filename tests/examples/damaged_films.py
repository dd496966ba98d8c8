"""Films damaged in ways that are the same on every run."""

import random

from examples.golden_vectors import golden_films, oddly_stored


def damaged_films(count, seed=0):
    """`count` files by name: golden and oddly stored films with bits, bytes and lengths that are not theirs."""
    whole = {**{film.name: film.read_bytes() for film in golden_films()}, **oddly_stored()}
    chance = random.Random(seed)
    films = {}
    for i in range(count):
        name, harm = chance.choice(sorted(whole)), chance.choice(HARM)
        films[f"{i:03}-{harm.__name__.strip('_')}-{name}"] = bytes(harm(bytearray(whole[name]), chance))
    return films


def _bits(data, chance):
    for _ in range(chance.choice([1, 1, 2, 8, 64])):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def _header(data, chance):
    for _ in range(chance.choice([1, 2, 4])):
        data[chance.randrange(700)] = chance.randrange(256)
    return data


def _cut(data, chance):
    return data[: chance.randrange(len(data))]


def _inserted(data, chance):
    at = chance.randrange(len(data))
    return data[:at] + chance.randbytes(chance.randrange(1, 200)) + data[at:]


def _removed(data, chance):
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randrange(1, 3000) :]


def _zeroed(data, chance):
    at, length = chance.randrange(len(data) - 2000), chance.randrange(1, 2000)
    data[at : at + length] = bytes(length)
    return data


def _length(data, chance):
    at = chance.randrange(2, 900)
    data[at : at + 2] = chance.choice([b"\xff\xff", b"\0\0", b"\x7f\xff", b"\xff\xd9", b"\xff\xda"])
    return data


HARM = (_bits, _bits, _header, _cut, _inserted, _removed, _zeroed, _length)
