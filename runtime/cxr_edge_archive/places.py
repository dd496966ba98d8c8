"""Where things lie: what a URI names, and the file system that reaches it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote_to_bytes

from pyarrow import fs

from cxr_edge.errors import CxrEdgeError

FILE, S3, GOOGLE, AZURE = "file", "s3", "gs", "abfs"
_SCHEMES = {"file": FILE, "s3": S3, "gs": GOOGLE, "gcs": GOOGLE, "abfs": AZURE, "abfss": AZURE}
_AZURE_HOST = ".dfs.core.windows.net"
_CONNECT, _ANSWER = 10, 60
"""Seconds for a connection and for an answer; Amazon's own library gives up after one and three."""


@dataclass(frozen=True)
class Place:
    """A folder, file or object.

    Attributes:
        scheme: one of ``file``, ``s3``, ``gs``, ``abfs``.
        path: of a file; or bucket and key, with a slash between.
        account: of Azure; else empty.
    """

    scheme: str
    path: str
    account: str = ""

    @classmethod
    def of(cls, uri: str) -> Place:
        """The place that a URI or a path of this computer names. Keys stand in URIs as they are, without escapes.

        Raises:
            CxrEdgeError: another scheme, or no bucket.
        """
        scheme, separator, rest = uri.partition("://")
        if not separator:
            return cls(FILE, os.path.abspath(uri))
        if scheme not in _SCHEMES:
            raise CxrEdgeError(f"{uri}: found {scheme}://; expected a path, file://, s3://, gs:// or abfs://")
        if scheme == "file":
            return cls(FILE, os.fsdecode(unquote_to_bytes(rest)))
        bucket, _, key = rest.partition("/")
        bucket, _, host = bucket.partition("@")
        if not bucket:
            raise CxrEdgeError(f"{uri}: found no bucket; expected {scheme}://BUCKET/KEY")
        return cls(_SCHEMES[scheme], f"{bucket}/{key}" if key else bucket, host.removesuffix(_AZURE_HOST))

    @property
    def uri(self) -> str:
        """The inverse of `of`, for a path made absolute."""
        if self.scheme == FILE:
            return Path(self.path).as_uri()  # escapes what is no text in it
        if self.account:
            bucket, _, key = self.path.partition("/")
            return f"{self.scheme}://{bucket}@{self.account}{_AZURE_HOST}/{key}"
        return f"{self.scheme}://{self.path}"

    @property
    def name(self) -> str:
        """What results call it: the path of a file, as ``cxr-edge predict`` has it; else its URI."""
        return self.path if self.scheme == FILE else self.uri

    def __truediv__(self, name: str) -> Place:
        return Place(self.scheme, f"{self.path.rstrip('/')}/{name}", self.account)


@dataclass(frozen=True)
class Stores:
    """How object stores are reached. Credentials and regions come from the environment, as for their own programs.

    Attributes:
        endpoint: URL of a store that speaks S3 and is not Amazon's, or of one that stands in for Google's; None for
            theirs, or for what ``AWS_ENDPOINT_URL`` says.
    """

    endpoint: str | None = None

    def reach(self, place: Place) -> fs.FileSystem:
        """The file system that `place` is in; the same one each time.

        Raises:
            CxrEdgeError: it cannot be set up, for want of an account for instance.
        """
        return _reach(place.scheme, place.account, self.endpoint)


@cache
def _reach(scheme: str, account: str, endpoint: str | None) -> fs.FileSystem:
    try:
        if scheme == S3:
            return fs.S3FileSystem(
                endpoint_override=endpoint, connect_timeout=_CONNECT, request_timeout=_ANSWER, background_writes=False
            )
        if scheme == GOOGLE:
            return fs.GcsFileSystem(endpoint_override=endpoint)
        if scheme == AZURE:
            named = account or os.environ.get("AZURE_STORAGE_ACCOUNT_NAME") or os.environ.get("AZURE_STORAGE_ACCOUNT")
            if not named:
                raise CxrEdgeError(
                    "abfs://: found no account; expected abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/… or "
                    "AZURE_STORAGE_ACCOUNT_NAME"
                )
            return fs.AzureFileSystem(named, account_key=os.environ.get("AZURE_STORAGE_KEY"))
        return fs.LocalFileSystem()
    except (OSError, ValueError, AttributeError) as error:  # the last: a pyarrow built without it
        raise CxrEdgeError(
            f"{scheme}://: found no way to reach it ({error}); expected one from the environment"
        ) from None
