"""Which films train, which choose, which measure: the published split, and the pooled one that leaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sklearn.model_selection import train_test_split

from cxr_edge_train.data.films import LabelledFilm, read_labelled
from cxr_edge_train.data.split import Split, split_by_patient


def published(data: Path, seed: int) -> Split:
    """Kaggle's train and test folders; a fifth of the training patients for validation."""
    training, validation = split_by_patient(read_labelled(data / "train"), 0.2, seed)
    return {"train": training, "validation": validation, "test": read_labelled(data / "test")}


def pooled(data: Path, seed: int) -> Split:
    """All films, film by film: a fifth for the test, a fifth of the rest for validation, as series A did.

    Films of one patient fall on both sides.
    """

    def random(films: Sequence[LabelledFilm]) -> tuple[list[LabelledFilm], list[LabelledFilm]]:
        rest, part = train_test_split(films, test_size=0.2, random_state=seed)
        return rest, part

    return _in_three(_everything(data), random)


def pooled_grouped(data: Path, seed: int) -> Split:
    """As `pooled`, with all films of a patient on one side."""
    return _in_three(_everything(data), lambda films: split_by_patient(films, 0.2, seed))


def _in_three(
    films: list[LabelledFilm],
    divide: Callable[[Sequence[LabelledFilm]], tuple[list[LabelledFilm], list[LabelledFilm]]],
) -> Split:
    rest, test = divide(films)
    training, validation = divide(rest)
    return {"train": training, "validation": validation, "test": test}


def _everything(data: Path) -> list[LabelledFilm]:
    folders = [data / name for name in ("train", "val", "test") if (data / name).is_dir()]
    return [film for folder in folders for film in read_labelled(folder)]


PROTOCOLS: dict[str, Callable[[Path, int], Split]] = {
    "published": published,
    "pooled": pooled,
    "pooled-grouped": pooled_grouped,
}
