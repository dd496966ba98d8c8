"""What a DICOM node says of itself after films of several kinds, one sender that it does not know, and no archive."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cxr_edge_tools.outputs.workshop import Workshop

_SECONDS = 120.0
_CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"ViewPosition": "LL"},
    {"PixelData": b"\0"},
    {"PatientAge": "040Y", "ViewPosition": "LL"},
)
"""Of the films that are sent: none, a lateral, one whose pixels are missing, an adult's lateral."""


def make(shop: Workshop) -> None:
    """Write them all."""
    with _node(shop) as port:
        _send(shop, port)
        end = time.monotonic() + _SECONDS
        while (status := _status(shop))["received"]["waiting"] or status["outcomes"]["failed"] == 0:
            if time.monotonic() > end:
                raise RuntimeError(f"a node that does not answer: {status}")
            time.sleep(0.5)
    shop.keep_value("node-status--all.json", _status(shop))
    shop.cxr_edge("node", "export", "--spool", "spool", "--csv", "node.csv")
    shop.keep("node-export-csv--all.csv", (shop.work / "node.csv").read_text(encoding="utf-8"))


def _status(shop: Workshop) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shop.cxr_edge("node", "status", "--spool", "spool", "--format", "json"))
    return found


@contextmanager
def _node(shop: Workshop) -> Iterator[int]:
    """A node for one sender; its answers go to an archive that is not there."""
    options = ["--spool", "spool", "--port", "0", "--allow", "CR1@127.0.0.1", "--forward", "PACS@127.0.0.1:9"]
    command = [str(shop.python), "-m", "cxr_edge", "node", *options]
    with (shop.work / "node.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=shop.work, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        if not first:
            raise RuntimeError(f"no node: {(shop.work / 'node.log').read_text(encoding='utf-8')}")
        yield int(first.split(" as ")[0].rpartition(":")[2])
    finally:
        process.terminate()
        process.wait(60)


def _send(shop: Workshop, port: int) -> None:
    from pydicom import dcmread
    from pydicom.uid import generate_uid
    from pynetdicom import AE

    films = []
    for change in _CHANGES:
        film = dcmread(shop.work / "golden/drawn_opacity_both.dcm")
        film.SOPInstanceUID = film.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        film.StudyInstanceUID, film.SeriesInstanceUID = generate_uid(), generate_uid()
        for name, value in change.items():
            setattr(film, name, value)
        films.append(film)
    for aet in ("CR1", "STRANGER"):
        sender = AE(ae_title=aet)
        sender.add_requested_context(films[0].SOPClassUID, films[0].file_meta.TransferSyntaxUID)
        association = sender.associate("127.0.0.1", port, ae_title="CXREDGE")
        if association.is_established:
            for film in films:
                association.send_c_store(film)
            association.release()
