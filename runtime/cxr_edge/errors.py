"""What can go wrong, as three exceptions. Every message is one line that a user can act on."""

from __future__ import annotations


class CxrEdgeError(Exception):
    """Base of everything that cxr-edge raises on purpose; its message is made one line."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class UnreadableFilm(CxrEdgeError):
    """A film that cannot be read completely, and is therefore not scored at all.

    Attributes:
        found: what was found there.
        expected: what would have been accepted.
        film: what the film is called: its path, or ``<bytes>``, ``<array>``, …; empty in code
            that was only given its bytes; `cxr_edge.film.preprocess.open_film` adds it.
    """

    def __init__(self, found: str, expected: str, film: str = "") -> None:
        self.found, self.expected, self.film = found, expected, film
        super().__init__(f"{film}: {self.reason}" if film else self.reason)

    @property
    def reason(self) -> str:
        """The message without the film's name."""
        return f"found {self.found}; expected {self.expected}"

    def __reduce__(self) -> tuple[type[UnreadableFilm], tuple[str, str, str]]:
        return type(self), (self.found, self.expected, self.film)  # crosses process borders whole


class ModelIntegrityError(CxrEdgeError):
    """A model file that is missing, damaged, not ours, or not the file that was listed."""


def one_line(text: str) -> str:
    """`text` with line breaks and other control characters escaped (file names may hold any)."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
