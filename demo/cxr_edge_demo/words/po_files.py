"""PO files kept up with the demo: new sentences come in untranslated, sentences that are gone go.

python -m cxr_edge_demo.words.po_files demo/cxr_edge_demo/words/fr.po    # an existing language
python -m cxr_edge_demo.words.po_files clinic/sw.po                      # a new one, to be filled in
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import polib

from cxr_edge_demo.words.extraction import all_sentences, plural_sentences, script_sentences
from cxr_edge_demo.words.runtime_sentences import runtime_sentences
from cxr_edge_demo.words.translator import REVIEWED

_PLURALS = "nplurals=2; plural=(n != 1);"


def catalogue_keys() -> dict[str, str]:
    """Every sentence of the demo, and the plural of those that have one, else an empty string."""
    plurals = plural_sentences()
    many = set(plurals.values()) - set(script_sentences())  # scripts choose between two sentences of their own
    sentences = dict.fromkeys([*all_sentences(), *runtime_sentences()])
    return {sentence: plurals.get(sentence, "") for sentence in sentences if sentence not in many}


def renewed(file: Path) -> polib.POFile:
    """A language's catalogue with exactly the demo's sentences, in their order; translations that it had are kept.

    Args:
        file: to be renewed; one that is not there begins empty.
    """
    old = polib.pofile(str(file), encoding="utf-8") if file.exists() else polib.POFile()
    had = {entry.msgid: entry for entry in old if not entry.obsolete}
    new = polib.POFile(encoding="utf-8", wrapwidth=100)
    new.header = old.header
    new.metadata = {
        "Project-Id-Version": "cxr-edge",
        "Language": file.stem,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": _PLURALS,
        REVIEWED: "",
    } | old.metadata
    for sentence, many in catalogue_keys().items():
        entry = polib.POEntry(msgid=sentence, msgid_plural=many)
        known = had.get(sentence)
        if many:
            entry.msgstr_plural = dict(known.msgstr_plural) if known and known.msgstr_plural else {0: "", 1: ""}
        elif known:
            entry.msgstr = known.msgstr
        new.append(entry)
    return new


def main(arguments: Sequence[str]) -> int:
    """Renew the files that are named, and say how many sentences of each are still to be translated."""
    for argument in arguments:
        file = Path(argument)
        catalogue = renewed(file)
        catalogue.save(str(file))
        print(f"{file}: {len(catalogue)} sentences, {len(catalogue.untranslated_entries())} to be translated")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
