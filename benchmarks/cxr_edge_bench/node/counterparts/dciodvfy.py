"""dicom3tools' validator, which knows what the standard asks of each kind of object."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from cxr_edge_bench.node.counterparts.programs import program


def errors_of(data: bytes) -> list[str]:
    """What it says is wrong with a DICOM file, warnings left out; places within sequences are shortened.

    Raises:
        MissingProgram: dicom3tools is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "object.dcm")
        file.write_bytes(data)
        done = subprocess.run(
            [program("dciodvfy"), "-new", str(file)], capture_output=True, text=True, errors="replace"
        )
    lines = (done.stdout + done.stderr).splitlines()
    return [re.sub(r"\[\d+\]", "", line) for line in lines if line.startswith("Error")]
