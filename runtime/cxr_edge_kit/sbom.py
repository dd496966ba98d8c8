"""The bill of materials of a kit in SPDX 2.3, written and checked by the SPDX project's own library.

Of the libraries that write SPDX documents it is the one whose validator is the reference; those of CycloneDX write
another format, and the others describe what is installed here, not what a folder holds for another platform.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from license_expression import ExpressionError
from spdx_tools.common.spdx_licensing import spdx_licensing
from spdx_tools.spdx.model import (
    Actor,
    ActorType,
    Checksum,
    ChecksumAlgorithm,
    CreationInfo,
    Document,
    ExternalPackageRef,
    ExternalPackageRefCategory,
    Package,
    PackagePurpose,
    Relationship,
    RelationshipType,
    SpdxNoAssertion,
)
from spdx_tools.spdx.writer.write_anything import write_file

from cxr_edge_kit.wheels import Wheel


def write_sbom(path: Path, title: str, wheels: Sequence[Wheel], needed: Mapping[str, set[str]], made: datetime) -> None:
    """Write to `path`, which ends in ``.spdx.json``, what `wheels` are and which needs which (`needed`, by name).

    The same wheels, title and time give the same bytes.

    Raises:
        ValueError: the document is not valid.
    """
    document = "SPDXRef-DOCUMENT"
    digest = uuid5(NAMESPACE_URL, "".join(wheel.sha256 for wheel in wheels))
    tool = next(wheel for wheel in wheels if wheel.name == "cxr-edge")
    info = CreationInfo(
        spdx_version="SPDX-2.3",
        spdx_id=document,
        name=title,
        document_namespace=f"https://spdx.org/spdxdocs/{title}-{digest}",
        creators=[Actor(ActorType.TOOL, f"cxr-edge-{tool.version}")],
        created=made,
    )
    relations = [Relationship(document, RelationshipType.DESCRIBES, _id(name)) for name in ("cxr-edge", "pip")]
    for name in sorted(needed):
        relations += [
            Relationship(_id(name), RelationshipType.DEPENDS_ON, _id(other)) for other in sorted(needed[name])
        ]
    bill = Document(info, packages=[_package(wheel) for wheel in wheels], relationships=relations)
    write_file(bill, str(path), validate=True)


def _id(name: str) -> str:
    return f"SPDXRef-Package-{name}"


def _package(wheel: Wheel) -> Package:
    return Package(
        spdx_id=_id(wheel.name),
        name=wheel.name,
        version=wheel.version,
        file_name=f"./wheels/{wheel.path.name}",
        download_location=SpdxNoAssertion(),
        files_analyzed=False,
        checksums=[Checksum(ChecksumAlgorithm.SHA256, wheel.sha256)],
        license_concluded=SpdxNoAssertion(),
        license_declared=_licence(wheel.licence),
        copyright_text=SpdxNoAssertion(),
        external_references=[
            ExternalPackageRef(
                ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", f"pkg:pypi/{wheel.name}@{wheel.version}"
            )
        ],
        primary_package_purpose=PackagePurpose.APPLICATION if wheel.name == "cxr-edge" else PackagePurpose.LIBRARY,
    )


def _licence(expression: str | None) -> object:
    if expression is None or "LicenseRef-" in expression:  # whose text the document would have to define
        return SpdxNoAssertion()
    try:
        return spdx_licensing.parse(expression, validate=True)
    except ExpressionError:  # a licence that is newer than the library's list
        return SpdxNoAssertion()
