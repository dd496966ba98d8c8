"""An answer's file on its way out: what it is, and what is said if it cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydicom.filereader import read_file_meta_info
from pydicom.uid import UID

from cxr_edge_node.forwarding.sender import Result


@dataclass(frozen=True)
class Header:
    """What the file meta information says, PS3.10 7.1; `bytes` is the size of the file."""

    sop_class: UID
    sop_instance: UID
    transfer_syntax: UID
    bytes: int


def read_header(file: Path) -> Header | Result:
    """What `file` holds, or the result that stands for a file that cannot be read."""
    try:
        meta = read_file_meta_info(file)
        found = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID
        if not all(isinstance(uid, UID) and uid.is_valid for uid in found):
            return Result(file, "unreadable", "its file holds no DICOM object")
        return Header(*found, file.stat().st_size)
    except Exception as error:  # pydicom raises many kinds for what is no DICOM
        return not_read(file, error)


def not_read(file: Path, error: Exception) -> Result:
    """What to say of a file that raised `error` when it was read.

    A file that is there and may not be read, or not just now, is tried again as a refused one is. The message of an
    error of pydicom may hold values of the object, so only its kind is told.
    """
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return Result(file, "unreadable", "its file is gone")
    if isinstance(error, OSError):
        return Result(file, "refused", f"its file cannot be read: {error.strerror or type(error).__name__}")
    return Result(file, "unreadable", f"its file holds no DICOM object ({type(error).__name__})")
