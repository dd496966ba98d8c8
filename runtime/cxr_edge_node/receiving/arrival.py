"""One object on its way to the disk."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import struct
import tempfile
from collections.abc import Callable, Iterator
from io import BufferedWriter
from pathlib import Path

from pynetdicom import PYNETDICOM_IMPLEMENTATION_UID

from cxr_edge_node.receiving.bounds import MIB, Bounds
from cxr_edge_node.receiving.commands import CANNOT_UNDERSTAND, OUT_OF_RESOURCES, Command, Refusal

TOO_LARGE = Refusal(CANNOT_UNDERSTAND, "larger than any film that can be read (64 MiB)")
NO_ROOM = Refusal(OUT_OF_RESOURCES, "not enough free space on the disk")
EMPTY = Refusal(CANNOT_UNDERSTAND, "without a data set")
_LOOK_AGAIN = 8 * MIB
"""Bytes after which it is looked again whether there is room: several senders share it."""


class Arrival:
    """An object from its first fragment until it is kept or dropped: a DICOM file whose data set is never decoded.

    Once it is refused, whatever follows is counted and forgotten, and its file is gone.

    Args:
        folder: for the file, with its access for the owner alone.
        command: that announced it.
        transfer_syntax: of its data set.
        bounds: `Bounds.film_bytes` bounds the file.
        has_room: whether the disk has room for more.
        refusal: why it is refused before it has come.
    """

    def __init__(
        self, folder: Path, command: Command, transfer_syntax: str, bounds: Bounds, has_room: Callable[[], bool],
        refusal: Refusal | None,
    ) -> None:  # fmt: skip
        self.command = command
        self.transfer_syntax = transfer_syntax
        self.refusal: Refusal | None = None
        self.data_set_bytes = 0
        self.file_bytes = 0
        self._bounds = bounds
        self._has_room = has_room
        self._sha256 = hashlib.sha256(transfer_syntax.encode())
        self._file: BufferedWriter | None = None
        self._path: Path | None = None
        if refusal:
            self.refuse(refusal)
        elif not has_room():
            self.refuse(NO_ROOM)
        else:
            with self._refused_if_the_disk_fails():
                handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
                self._path, self._file = Path(name), os.fdopen(handle, "wb")
                self._append(file_meta(command.sop_class_uid, command.sop_instance_uid, transfer_syntax))

    @property
    def sha256(self) -> str:
        """Of the transfer syntax's UID and the data set: the same picture in another encoding is another object."""
        return self._sha256.hexdigest()

    def write(self, fragment: bytes) -> None:
        """Take the next bytes of the data set; never raises."""
        before = self.data_set_bytes
        self.data_set_bytes += len(fragment)
        if self.refusal:
            return
        if self.file_bytes + len(fragment) > self._bounds.film_bytes:
            self.refuse(TOO_LARGE)
        elif before // _LOOK_AGAIN != self.data_set_bytes // _LOOK_AGAIN and not self._has_room():
            self.refuse(NO_ROOM)
        else:
            self._sha256.update(fragment)
            with self._refused_if_the_disk_fails():
                self._append(fragment)

    def complete(self) -> Path | None:
        """The file when all has come, given to the system but not yet safe from a power cut; None if it is refused."""
        if self.refusal is None and not self.data_set_bytes:
            self.refuse(EMPTY)
        with self._refused_if_the_disk_fails():
            if self._file:
                self._file.close()
        return self._path if self.refusal is None else None

    def refuse(self, refusal: Refusal) -> None:
        """Refuse it, for the first reason that is given, and let go of what it took on the disk."""
        self.refusal = self.refusal or refusal
        self.drop()

    def drop(self) -> None:
        """Delete the file, if it is still there."""
        file, self._file = self._file, None
        path, self._path = self._path, None
        if file:
            with contextlib.suppress(OSError):  # what is still buffered may have no room; it is not wanted either
                file.close()
        if path:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def _append(self, data: bytes) -> None:
        if self._file:
            self._file.write(data)
            self.file_bytes += len(data)

    @contextlib.contextmanager
    def _refused_if_the_disk_fails(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.refuse(disk_refusal(error))


def disk_refusal(error: OSError) -> Refusal:
    """What to answer when the disk does not take an object."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return NO_ROOM if full else Refusal(OUT_OF_RESOURCES, "the disk does not take it")


def file_meta(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """The preamble and file meta information of a DICOM file, PS3.10 7.1: what a sender does not send.

    pydicom would write the same, and print UIDs with a leading zero, which machines do send, to the standard error.
    """
    elements = struct.pack("<HH2sHI", 2, 0x0001, b"OB", 0, 2) + b"\0\1"
    for element, uid in (
        (0x0002, sop_class_uid),
        (0x0003, sop_instance_uid),
        (0x0010, transfer_syntax_uid),
        (0x0012, PYNETDICOM_IMPLEMENTATION_UID),
    ):
        value = uid.encode("ascii")
        value += b"\0" * (len(value) % 2)
        elements += struct.pack("<HH2sH", 2, element, b"UI", len(value)) + value
    return b"\0" * 128 + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(elements)) + elements
