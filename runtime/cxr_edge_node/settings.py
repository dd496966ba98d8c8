"""What a node is told: from a TOML file, the command line, or both."""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cxr_edge import CxrEdgeError

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib

_AET = re.compile(r"[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")
"""An application entity title: up to 16 characters without backslash, PS3.5 6.2."""


@dataclass(frozen=True)
class Caller:
    """Who may send: an application entity title and the one address that it calls from."""

    aet: str
    address: str

    @classmethod
    def parse(cls, text: str) -> Caller:
        """``AET@address``, IPv4 or IPv6.

        Raises:
            CxrEdgeError: it is something else.
        """
        aet, _, address = text.rpartition("@")
        try:
            return cls(_aet(aet), str(ipaddress.ip_address(address)))
        except (ValueError, CxrEdgeError):
            raise CxrEdgeError(f"allow: found {text}; expected AET@address, such as CR1@192.168.1.20") from None


@dataclass(frozen=True)
class Archive:
    """Where answers go by C-STORE."""

    aet: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Archive:
        """``AET@host:port``.

        Raises:
            CxrEdgeError: it is something else.
        """
        aet, _, place = text.rpartition("@")
        host, _, port = place.rpartition(":")
        try:
            if not host or not 0 < int(port) < 65536:
                raise ValueError
            return cls(_aet(aet), host.strip("[]"), int(port))
        except (ValueError, CxrEdgeError):
            raise CxrEdgeError(f"forward: found {text}; expected AET@host:port, such as PACS@192.168.1.5:104") from None

    def __str__(self) -> str:
        return f"{self.aet}@{self.host}:{self.port}"


@dataclass(frozen=True)
class Settings:
    """All of a node's settings.

    Attributes:
        spool: folder for films, answers and the ledger.
        aet: this node's application entity title.
        host: address to listen on.
        port: to listen on.
        allow: who may send. Empty: anybody on this computer, and nobody else.
        forward: archives that answers are sent to by C-STORE.
        forward_web: DICOMweb roots that answers are sent to by STOW-RS.
        web_authorization: file whose first line is sent to these as the header ``Authorization``.
        model: a bundled model's name or a path.
        operating_point: file of `cxr-edge calibrate`.
        image, report: whether these answers are made.
        tls_certificate, tls_key: PEM files; with them the node speaks TLS only.
        tls_authorities: PEM file of who signs the others' certificates; with it senders must show one, too.
        forward_tls: archives are spoken to over TLS, with the same files.
        max_associations: senders at the same time.
        reserve: free bytes of the disk below which films are refused.
        keep_days: films and answers are deleted when they are older and everything has been sent; the ledger stays.
        give_up_days: an answer that could not be sent for so long is not tried again.
    """

    spool: Path
    aet: str = "CXREDGE"
    host: str = "127.0.0.1"
    port: int = 11112
    allow: tuple[Caller, ...] = ()
    forward: tuple[Archive, ...] = ()
    forward_web: tuple[str, ...] = ()
    web_authorization: Path | None = None
    model: str = "default"
    operating_point: Path | None = None
    image: bool = True
    report: bool = True
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_authorities: Path | None = None
    forward_tls: bool = False
    max_associations: int = 16
    reserve: int = 2**30
    keep_days: float = 7.0
    give_up_days: float = 7.0

    @property
    def destinations(self) -> tuple[str, ...]:
        """Every destination's name in the ledger: ``AET@host:port`` or a URL."""
        return (*map(str, self.forward), *self.forward_web)


def settings(values: Mapping[str, Any], file: Path | None = None) -> Settings:
    """Settings of the command line over those of a TOML file over the defaults.

    Args:
        values: by name of `Settings`; None where the command line said nothing. Lists of texts for `allow`, `forward`
            and `forward_web`.
        file: TOML with the same names; ``-`` and ``_`` are the same. Paths in it are relative to its folder.

    Raises:
        CxrEdgeError: a file that cannot be read, an unknown name, or a value that is none.
    """
    merged = _from_toml(file) if file else {}
    merged |= {name: value for name, value in values.items() if value is not None}
    if "spool" not in merged:
        raise CxrEdgeError("found no spool folder; expected --spool DIR, or spool in the configuration file")
    found = Settings(**{name: _value(name, value) for name, value in merged.items()})
    _refuse_contradictions(found)
    return found


_KINDS = {field.name: str(field.type) for field in fields(Settings)}
_PARSED = {"allow": Caller.parse, "forward": Archive.parse}


def _from_toml(file: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CxrEdgeError(f"{file}: found {error.strerror}; expected a configuration file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CxrEdgeError(f"{file}: found no TOML ({error}); expected lines such as port = 11112") from None
    values = {name.replace("-", "_"): value for name, value in values.items()}
    for name in values:
        if name not in _KINDS:
            raise CxrEdgeError(f"{file}: found {name}; expected one of {', '.join(_KINDS)}")
    paths = {name for name in values if "Path" in _KINDS[name] and isinstance(values[name], str)}
    return {name: file.parent / value if name in paths else value for name, value in values.items()}


def _value(name: str, value: Any) -> Any:
    kind = _KINDS[name]
    if kind.startswith("tuple"):
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise CxrEdgeError(f"{name}: found {value}; expected a list of texts")
        return tuple(_PARSED[name](one) if name in _PARSED else _url(one) for one in value)
    if "Path" in kind and isinstance(value, str | Path):
        return Path(value)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    wanted = {"str": str, "int": int, "float": float, "bool": bool}.get(kind)
    if type(value) is not wanted or (isinstance(value, int | float) and value < 0):
        raise CxrEdgeError(f"{name}: found {value}; expected {_IN_WORDS.get(kind, 'a path')}")
    return _aet(str(value)) if name == "aet" else value


_IN_WORDS = {"str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false"}


def _aet(text: str) -> str:
    if not _AET.fullmatch(text):
        raise CxrEdgeError(f"aet: found {text}; expected 1 to 16 characters, such as CXREDGE")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise CxrEdgeError(
            f"forward_web: found {text}; expected the root of a DICOMweb service, such as "
            "http://192.168.1.5:8042/dicom-web (a password goes into the file of web_authorization)"
        )
    return text.rstrip("/")


def _refuse_contradictions(found: Settings) -> None:
    if not found.allow and not ipaddress.ip_address(_numeric(found.host)).is_loopback:
        raise CxrEdgeError(
            f"host: found {found.host} without allow; expected at least one --allow AET@address: "
            "who may send to this node from other computers"
        )
    if bool(found.tls_certificate) != bool(found.tls_key):
        raise CxrEdgeError("found one of tls_certificate and tls_key; expected both or none")
    if found.forward_tls and not found.tls_authorities:
        raise CxrEdgeError(
            "forward_tls: found no tls_authorities; expected the file that archives' certificates verify by"
        )
    if found.port > 65535:
        raise CxrEdgeError(f"port: found {found.port}; expected at most 65535")
    if not (found.image or found.report):
        raise CxrEdgeError("found neither report nor image; expected at least one answer")


def _numeric(host: str) -> str:
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        raise CxrEdgeError(f"host: found {host}; expected an address of this computer, such as 192.168.1.10") from None
