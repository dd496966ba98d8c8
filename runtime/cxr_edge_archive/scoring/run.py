"""What a run is: which films by which model into which files, so that the same run can go on and another one cannot."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

import cxr_edge
from cxr_edge.classifier import Classifier
from cxr_edge.errors import CxrEdgeError
from cxr_edge_archive.listing.manifest import Manifest
from cxr_edge_archive.places import Place, Stores
from cxr_edge_archive.stored import TEMPORARY, delete, files_in, read_whole, write_whole

NOTE = "_run.json"
"""Readers of parquet folders pass over names that begin with an underscore or a dot."""
_LEAST, _MOST, _PARTS = 50, 1000, 64
_SCHEMA = 1


@dataclass(frozen=True)
class Run:
    """One manifest scored by one model. All that results depend on stands here.

    Attributes:
        manifest_sha256: `Manifest.sha256`.
        rows: of the manifest.
        batch: films of a chunk; the last one may have fewer.
        model, model_version, model_sha256, operating_point_sha256: of the classifier.
        heatmap: whether results hold heatmaps.
        cxr_edge: version of this program.
    """

    manifest_sha256: str
    rows: int
    batch: int
    model: str
    model_version: str
    model_sha256: str
    operating_point_sha256: str
    heatmap: bool
    cxr_edge: str

    @classmethod
    def of(cls, manifest: Manifest, classifier: Classifier, batch: int | None, heatmap: bool) -> Run:
        """The run that these make.

        Args:
            batch: films of a chunk; by default one from `_LEAST` to `_MOST`, so that a small archive has some `_PARTS`.
        """
        card = classifier.card
        chosen = batch or min(_MOST, max(_LEAST, -(-manifest.rows // _PARTS)))
        return cls(
            manifest.sha256, manifest.rows, chosen, card.name, card.version, classifier.sha256,
            classifier.operating_point_sha256, heatmap, cxr_edge.__version__,
        )  # fmt: skip

    @property
    def id(self) -> str:
        """12 hexadecimal digits; two runs that differ in anything have different ones."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]

    @property
    def chunks(self) -> int:
        """How many files of results there will be."""
        return -(-self.rows // self.batch)

    def films_of(self, chunk: int) -> int:
        """Films of a chunk, numbered from 0."""
        return min(self.batch, self.rows - chunk * self.batch)

    def file_of(self, chunk: int) -> str:
        """Name of the file that holds a chunk's results."""
        return f"films-{chunk:07d}-{self.id}.parquet"


def begin(run: Run, results: Place, stores: Stores) -> list[int]:
    """Note the run in its folder of results, and say which chunks are not there yet.

    Raises:
        CxrEdgeError: the folder holds results of another run.
        StorageFailure: storage did not answer.
    """
    noted = read_whole(results / NOTE, stores)
    there = files_in(results, stores)
    if noted is None:
        if any(name.endswith(".parquet") for name in there):
            raise CxrEdgeError(f"{results.name}: found parquet files of something else; expected a folder for results")
        text = json.dumps({"schema": _SCHEMA, **asdict(run)}, indent=1)
        write_whole(results / NOTE, text.encode(), stores)
    else:
        _refuse_other(run, json.loads(noted), results)
    for name in there:
        if name.startswith(".") and name.endswith(TEMPORARY):  # of a process that was killed while it wrote
            delete(results / name, stores)
    return [chunk for chunk in range(run.chunks) if not there.get(run.file_of(chunk))]  # of 0 bytes: not written


def _refuse_other(run: Run, noted: dict[str, object], results: Place) -> None:
    differing = [name for name, value in asdict(run).items() if noted.get(name) != value]
    if differing:
        theirs = ", ".join(f"{name} {noted.get(name)}" for name in differing)
        ours = ", ".join(f"{name} {getattr(run, name)}" for name in differing)
        raise CxrEdgeError(
            f"{results.name}: found results of another run ({theirs}); expected {ours}: choose another folder, or "
            "repeat the command that began it"
        )
