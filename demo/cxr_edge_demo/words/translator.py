"""Sentences in the language of whoever asks. The English sentence is the key; a PO file holds the others.

Code says ``_("English sentence")`` wherever it is about to show one. What that gives depends on the language of the
request that is being answered, which `speaking` sets. A sentence without a translation stays English.
"""

from __future__ import annotations

import gettext
import io
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from cxr_edge import CxrEdgeError

FOLDER = Path(__file__).parent
ENGLISH = "en"
REVIEWED = "X-Reviewed-By"
"""Line of a PO file's head that names the clinician who read its sentences; empty or absent if nobody has."""


@dataclass(frozen=True)
class Words:
    """The sentences of one language.

    Attributes:
        language: a code such as ``fr``.
        translations: those of gettext.
        reviewed: by which clinician; English sentences are the authors' own.
    """

    language: str = ENGLISH
    translations: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)
    reviewed: str = "the authors"

    def gettext(self, sentence: str) -> str:
        """An English sentence in this language."""
        return self.translations.gettext(sentence) if sentence else ""

    def ngettext(self, one: str, many: str, n: int) -> str:
        """The form of an English sentence that goes with the number `n`, in this language."""
        return self.translations.ngettext(one, many, n)


_CURRENT: ContextVar[Words] = ContextVar("words", default=Words())  # noqa: B039, frozen


def current() -> Words:
    """The words of the request that is being answered."""
    return _CURRENT.get()


@contextmanager
def speaking(words: Words) -> Iterator[None]:
    """Answer in these words until the end of the block, in this task or thread alone."""
    token = _CURRENT.set(words)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def _(sentence: str) -> str:
    """An English sentence in the language of the request that is being answered."""
    return current().gettext(sentence)


def _n(one: str, many: str, n: int) -> str:
    """As `_`, for a sentence that depends on a number."""
    return current().ngettext(one, many, n)


def N_(sentence: str) -> str:  # noqa: N802, gettext's own name for it
    """Mark an English sentence for the catalogue where it is written down, to be given to `_` where it is shown."""
    return sentence


class Catalogue:
    """All languages that there are PO files for, each read when it is first asked for.

    Args:
        folders: of files such as ``fr.po``; a language of a later folder replaces that of an earlier one.
    """

    def __init__(self, folders: Sequence[Path] = (FOLDER,)) -> None:
        self._files = {file.stem.lower(): file for folder in folders for file in sorted(folder.glob("*.po"))}
        self.languages: tuple[str, ...] = tuple(dict.fromkeys([ENGLISH, *self._files]))
        self._read = {ENGLISH: Words()}
        self._lock = threading.Lock()

    def words(self, language: str) -> Words:
        """The words of a language.

        Raises:
            CxrEdgeError: there is no such language, or its file is no PO file.
        """
        with self._lock:  # two requests at once read it once
            if language not in self._read:
                if language not in self._files:
                    raise CxrEdgeError(f"{language}: found no such language; expected {', '.join(self.languages)}")
                self._read[language] = read_words(self._files[language])
            return self._read[language]


def clinic_catalogue(folder: Path) -> Catalogue:
    """The languages that come with the demo, and those of a clinic's folder, which are read at once to be sure of them.

    Raises:
        CxrEdgeError: there is no PO file in the folder, or one of them cannot be read.
    """
    own = sorted(folder.glob("*.po"))
    if not own:
        raise CxrEdgeError(f"{folder}: found no PO file; expected at least one, such as sw.po")
    catalogue = Catalogue((FOLDER, folder))
    for file in own:
        catalogue.words(file.stem.lower())
    return catalogue


def read_words(file: Path) -> Words:
    """The sentences of a PO file, whose name is the code of its language.

    Raises:
        CxrEdgeError: it cannot be read, or a translation has other names in braces than its sentence.
    """
    import polib

    try:
        catalogue = polib.pofile(str(file), encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CxrEdgeError(f"{file}: found {error}; expected a PO file in UTF-8") from None
    for entry in catalogue.translated_entries():
        for said in entry.msgstr_plural.values() if entry.msgid_plural else (entry.msgstr,):
            if placeholders(said) != placeholders(entry.msgid):
                raise CxrEdgeError(f"{file}: found “{said}”; expected the braces of “{entry.msgid}”")
    translations = gettext.GNUTranslations(io.BytesIO(catalogue.to_binary()))
    return Words(file.stem.lower(), translations, catalogue.metadata.get(REVIEWED, "").strip())


def placeholders(sentence: str) -> list[str]:
    """The names in braces of a sentence, sorted."""
    return sorted(re.findall(r"\{[^{}]*\}", sentence))


def words(language: str = ENGLISH) -> Words:
    """The words of a language that comes with the demo, for a program or a test."""
    return Catalogue().words(language)
