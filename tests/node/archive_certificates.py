"""Certificates for archives of these tests, by OpenSSL's program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the program openssl")


def certificate(folder: Path, name: str, subject: str = "IP:127.0.0.1") -> tuple[Path, Path]:
    """A certificate for `subject` that is its own authority, and its key."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name}"
    subprocess.run(
        [*command.split(), "-addext", f"subjectAltName={subject}", "-out", pem, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    return pem, key
