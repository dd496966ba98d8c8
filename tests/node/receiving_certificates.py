"""An authority of these tests, and what it signed, by OpenSSL's program."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the program openssl")


@dataclass(frozen=True)
class Certificate:
    """Two PEM files."""

    pem: Path
    key: Path


class Authority:
    """One that signs, with its files in `folder`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self.own = self._pair(name)
        _openssl(
            f"req -x509 -new -key {self.own.key} -days 2 -subj /CN={name} -out {self.own.pem} "
            "-addext basicConstraints=critical,CA:TRUE"
        )
        self.pem = self.own.pem

    def signed(self, name: str, host: str = "IP:127.0.0.1", days: int = 2) -> Certificate:
        """A certificate for `host`; negative days make one that expired yesterday."""
        made, request = self._pair(name), self._folder / f"{name}.csr"
        extensions = self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={host}\n")
        _openssl(f"req -new -key {made.key} -subj /CN={name} -out {request}")
        _openssl(
            f"x509 -req -in {request} -CA {self.own.pem} -CAkey {self.own.key} -CAcreateserial -days {days} "
            f"-extfile {extensions} -out {made.pem}"
        )
        return made

    def _pair(self, name: str) -> Certificate:
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        _openssl(f"genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out {made.key}")
        return made


def encrypted(key: Path) -> Path:
    """The same key behind a password."""
    made = key.with_suffix(".locked")
    _openssl(f"pkey -in {key} -aes128 -passout pass:secret -out {made}")
    return made


def _openssl(command: str) -> None:
    subprocess.run(["openssl", *command.split()], check=True, capture_output=True)
