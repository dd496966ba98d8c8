"""Results counted, for an archive as a whole and for each of its sites."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cxr_edge_archive.looking.results_folder import tables
from cxr_edge_archive.looking.sites import Sites
from cxr_edge_archive.places import Stores

BINS = 20
"""Of probability, equally wide."""
_COLUMNS = ("uri", "probability", "decision", "quality", "error", "model", "model_version", "model_sha256")


@dataclass
class Tally:
    """What some films got.

    Attributes:
        films: all, with those that could not be read.
        unreadable: films with an error.
        decisions: films by decision.
        reasons: films by reason code; a film may have several.
        probabilities: int64 [BINS], films by probability.
    """

    films: int = 0
    unreadable: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    probabilities: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))

    @property
    def scored(self) -> int:
        """Films that could be read."""
        return self.films - self.unreadable

    def add(self, table: pa.Table) -> None:
        """Count the rows of a table of results."""
        self.films += table.num_rows
        self.unreadable += table.num_rows - table["error"].null_count
        self.decisions.update(word for word in table["decision"].to_pylist() if word)
        self.reasons.update(code for codes in table["quality"].to_pylist() for code in codes or ())
        values = table["probability"].drop_null().to_numpy()
        at = np.clip((values * BINS).astype(np.int64), 0, BINS - 1)
        self.probabilities += np.bincount(at, minlength=BINS)


@dataclass
class Tallies:
    """Of an archive.

    Attributes:
        whole: of all films.
        by_site: of each site, by name.
        models: names, versions and first digits of the sha256 of the models that answered.
    """

    whole: Tally = field(default_factory=Tally)
    by_site: dict[str, Tally] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)


def count(results: str, sites: Sites, stores: Stores) -> Tallies:
    """Count the results of a folder, one file at a time.

    Raises:
        CxrEdgeError: there are none.
        StorageFailure: storage did not answer.
    """
    tallies = Tallies()
    for table in tables(results, _COLUMNS, stores):
        tallies.whole.add(table)
        names = np.array(sites.names(table["uri"]), dtype=object)
        for name in dict.fromkeys(names):
            part = table.take(pa.array(np.flatnonzero(names == name)))
            tallies.by_site.setdefault(name, Tally()).add(part)
        keys = ("model", "model_version", "model_sha256")
        for name, version, sha in set(zip(*(table[key].to_pylist() for key in keys), strict=True)):
            tallies.models.add(f"{name} {version}, sha256 {sha[:12]}")
    return tallies
