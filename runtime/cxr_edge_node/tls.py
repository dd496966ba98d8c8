"""TLS for both directions, as PS3.15 B.12 has it.

That is the BCP 195 RFC 8996, 9325 TLS Secure Transport Connection Profile: TLS 1.2 at least, 1.3 wherever both sides
have it, and of 1.2 only what RFC 9325 4.2 recommends, ephemeral keys on elliptic curves with AES-GCM. The DICOM port
over TLS is 2762 by convention.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from cxr_edge import CxrEdgeError
from cxr_edge_node.settings import Settings

CIPHERS = "ECDHE+AESGCM"
"""Of TLS 1.2, in OpenSSL's words; the suites of TLS 1.3 are all good."""


def server_context(settings: Settings) -> ssl.SSLContext | None:
    """What senders have to speak; None if the settings name no certificate.

    With `Settings.tls_authorities` a sender has to show a certificate that one of these has signed.

    Raises:
        CxrEdgeError: a file is missing, is no PEM file of its kind, or does not fit the other; or the certificate has
            expired.
    """
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    context = _context(ssl.PROTOCOL_TLS_SERVER)
    _load_own(context, settings.tls_certificate, settings.tls_key)
    _refuse_unless_valid_today(context, settings.tls_certificate)
    if settings.tls_authorities:
        _load_authorities(context, settings.tls_authorities)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(settings: Settings) -> ssl.SSLContext | None:
    """What this node speaks to archives; None unless `Settings.forward_tls`.

    An archive has to show a certificate for the very name or address that it is called by, signed by one of
    `Settings.tls_authorities`. The node shows its own, if it has one.

    Raises:
        CxrEdgeError: as of `server_context`, or there are no authorities.
    """
    if not settings.forward_tls:
        return None
    if settings.tls_authorities is None:
        raise CxrEdgeError("found no tls_authorities; expected the file that archives' certificates verify by")
    context = _context(ssl.PROTOCOL_TLS_CLIENT)  # which checks certificate and name
    _load_authorities(context, settings.tls_authorities)
    if settings.tls_certificate and settings.tls_key:
        _load_own(context, settings.tls_certificate, settings.tls_key)
    return context


def _context(protocol: int) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    return context


def _load_own(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    for file in (certificate, key):
        _refuse_unless_readable(file)

    def no_password() -> str:  # without it OpenSSL would ask for one on the terminal
        raise CxrEdgeError(f"{key}: found an encrypted key; expected one without a password")

    try:
        context.load_cert_chain(certificate, key, password=no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise CxrEdgeError(f"{key}: found the key of another certificate; expected that of {certificate}") from None
        # OpenSSL does not say which of the two it could not read
        raise CxrEdgeError(
            f"{certificate} and {key}: found no certificate and its key ({error.reason or 'unreadable'}); "
            "expected two PEM files"
        ) from None


def _load_authorities(context: ssl.SSLContext, authorities: Path) -> None:
    _refuse_unless_readable(authorities)
    try:
        context.load_verify_locations(authorities)
    except ssl.SSLError:
        raise CxrEdgeError(f"{authorities}: found no certificates; expected a PEM file of authorities") from None


def _refuse_unless_readable(file: Path) -> None:
    try:
        with file.open("rb"):
            return
    except OSError as error:
        raise CxrEdgeError(f"{file}: found {error.strerror}; expected a PEM file") from None


def _refuse_unless_valid_today(context: ssl.SSLContext, certificate: Path) -> None:
    """Shake hands with ourselves: Python's ssl has no other public way to check the dates of one's own certificate."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(certificate)
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [context.wrap_bio(to_server, to_client, server_side=True), client.wrap_bio(to_client, to_server)]
    for _ in range(5):  # two turns are enough for TLS 1.3
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                if error.verify_code in _NOT_TODAY:
                    found = f"a certificate that {_NOT_TODAY[error.verify_code]}"
                    raise CxrEdgeError(f"{certificate}: found {found}; expected a valid one") from None
                return
            except ssl.SSLError:
                return  # whatever else is wrong with it, senders will say


_NOT_TODAY = {9: "is not valid yet", 10: "has expired"}  # X509_V_ERR_CERT_NOT_YET_VALID, _HAS_EXPIRED
