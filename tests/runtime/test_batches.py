"""Several films in one run of the network: the same answers as one by one, to the bit."""

import numpy as np
import pytest
from PIL import Image

from cxr_edge import Classifier, CxrEdgeError, list_models
from cxr_edge.results.file_scoring import BATCH, score_batch, score_file, score_files
from cxr_edge.results.ledger import Ledger
from cxr_edge.store import SAMPLES
from helpers import SIDE, encoded

PHANTOMS = sorted(SAMPLES.glob("*.png"))


@pytest.mark.parametrize("name", [model.name for model in list_models()])
def test_a_batch_answers_as_its_films_alone(name, data):
    classifier = Classifier.load(name)
    films = [*PHANTOMS, *sorted((data / "chest_xray" / "test").rglob("*.jpeg"))[::125]]
    prepared = [classifier.prepare(film) for film in films]
    alone = [classifier.answer(film, heatmap=True) for film in prepared]
    for size in (2, BATCH, len(films)):
        together = []
        for k in range(0, len(films), size):
            together += classifier.answer_many(prepared[k : k + size], heatmap=True)
        for one, other in zip(together, alone, strict=True):
            assert one.to_dict() == other.to_dict()
            assert (one.probability, one.logit) == (other.probability, other.logit)
            assert np.array_equal(one.heatmap, other.heatmap)
            assert np.array_equal(one.lungs, other.lungs)


def test_a_batch_of_nothing_and_of_a_model_without_heatmap(tiny):
    assert tiny.answer_many([]) == []
    with pytest.raises(CxrEdgeError, match="found a model without heatmap"):
        tiny.answer_many([], heatmap=True)


def test_unreadable_and_known_films_keep_their_places(tiny, tmp_path):
    films = []
    for i in range(3 * BATCH - 1):
        films.append(tmp_path / f"{i:02}.png")
        films[-1].write_bytes(encoded(Image.fromarray(np.full((SIDE, SIDE), 20 * i, np.uint8)), "PNG"))
    films[1].write_text("not a picture")
    films[2 * BATCH].write_text("not a picture")
    paths = [str(film) for film in films]
    alone = [score_file(tiny, path) for path in paths]
    assert [bool(one.error) for one in alone] == [i in (1, 2 * BATCH) for i in range(len(films))]
    assert score_batch(tiny, paths) == alone
    assert list(score_files(tiny, paths)) == alone

    ledger = Ledger(tmp_path / "done.sqlite", every_row_at_once=False)
    some = paths[2:7]
    assert list(score_files(tiny, some, ledger=ledger)) == alone[2:7]
    assert list(score_files(tiny, paths, ledger=ledger)) == alone
    ledger.close()


def test_no_more_than_a_batch_is_taken_ahead(tiny):
    asked = []

    def endless():
        while True:
            asked.append(1)
            yield str(PHANTOMS[0])

    scored = score_files(tiny, endless())
    next(scored)
    assert len(asked) == BATCH
