"""Cards, operating point files, ledgers and zip archives that chance has changed: read as they were, or refused."""

import io
import json
import zipfile
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxr_edge import CxrEdgeError, ModelCard, Prediction, UnreadableFilm
from cxr_edge.calibration.operating_point_file import read_operating_points
from cxr_edge.film.source import Limits
from cxr_edge.results.ledger import Ledger, Signature
from helpers import tiny_card

CARD = json.loads(tiny_card().to_json())
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
per_function = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@given(st.sampled_from(sorted(CARD)), values)
def test_a_card_with_another_field_is_read_or_refused_in_words(field, value):
    text = json.dumps({**CARD, field: value})
    try:
        card = ModelCard.from_json(text)
    except ValueError:
        pass
    else:
        low, high = card.review_band
        assert 0 < low <= high < 1


@given(st.text(max_size=400))
def test_any_text_is_no_card(text):
    with pytest.raises(ValueError, match=r"\w"):
        ModelCard.from_json(text)


POINTS = {
    "schema": 1,
    "model": {"name": "tiny", "version": "1", "sha256": "0" * 64},
    "temperature": {"value": 1.0, "low": 0.9, "high": 1.2},
    "operating_points": [asdict(tiny_card().operating_points[0])],
    "thresholds": {"middle": {"value": 0.5, "low": 0.4, "high": 0.6}},
    "films": {"normal": 60},
    "with_flagged": {},
}


@per_function
@given(field=st.sampled_from(sorted(POINTS)), value=values)
def test_an_operating_point_file_with_another_field_is_read_or_refused_in_words(tmp_path, field, value):
    file = tmp_path / "points.json"
    file.write_text(json.dumps({**POINTS, field: value}))
    try:
        points, _ = read_operating_points(file)
    except CxrEdgeError as refusal:
        words = str(refusal)
    else:
        words = "expected a file made by `cxr-edge calibrate`"
        assert all(0 < point.threshold < 1 for point in points.operating_points)
    assert "expected a file made by `cxr-edge calibrate`" in words


@pytest.fixture(scope="module")
def ledger(tmp_path_factory, tiny):
    """The bytes of a closed ledger of 60 films, and of the same with its last rows still in the write-ahead log."""
    folder = tmp_path_factory.mktemp("ledger")
    file = folder / "whole.sqlite"
    open_ledger = Ledger(file)
    for i in range(60):
        prediction = Prediction(f"{i:02}.png", i / 60, float(i), "review", sha256=f"{i:064x}")
        open_ledger.add(f"{i:02}.png", Signature(i, i), prediction, tiny)
        if i == 30:
            open_ledger.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log = file.with_name(file.name + "-wal").read_bytes()
    main = file.read_bytes()
    open_ledger.close()
    return file.read_bytes(), main, log


def probabilities(ledger):
    return {name: probability for name, _, _, probability, *_ in ledger.rows()}


@per_function
@given(share=st.floats(0, 1))
def test_a_ledger_that_is_cut_anywhere_is_refused_or_holds_what_was_written(tmp_path, ledger, share):
    whole, _, _ = ledger
    file = tmp_path / "cut.sqlite"
    for left in tmp_path.glob("cut.sqlite*"):
        left.unlink()
    file.write_bytes(whole[: int(share * len(whole))])
    try:
        found = Ledger(file)
    except CxrEdgeError as refusal:
        words = str(refusal)
    else:
        rows = probabilities(found)
        found.close()
        words = "expected a ledger of results, or none yet" if len(rows) in (0, 60) else f"{len(rows)} rows"
        assert all(rows[f"{i:02}.png"] == i / 60 for i in range(len(rows)))
    assert "expected a ledger of results, or none yet" in words


@per_function
@given(share=st.floats(0, 1))
def test_rows_in_a_log_that_is_cut_anywhere_are_there_whole_or_not_at_all(tmp_path, ledger, share):
    _, main, log = ledger
    file = tmp_path / "log.sqlite"
    for left in tmp_path.glob("log.sqlite*"):
        left.unlink()
    file.write_bytes(main)
    file.with_name(file.name + "-wal").write_bytes(log[: int(share * len(log))])
    found = Ledger(file)
    rows = probabilities(found)
    found.close()
    assert 31 <= len(rows) <= 60
    assert rows == {f"{i:02}.png": i / 60 for i in range(len(rows))}  # the last ones are missing, and no other


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


def archive(names_and_films):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, film in names_and_films:
            made.writestr(name, film)
    return buffer.getvalue()


@given(
    st.lists(st.tuples(names, st.binary(max_size=300)), min_size=1, max_size=6),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=5),
)
@settings(deadline=None)
def test_a_zip_file_gives_films_or_refusals_and_never_more_than_its_bound(entries, changes):
    zip_files = pytest.importorskip("cxr_edge_demo.web.zip_files", reason="needs cxr-edge[demo]")
    data = bytearray(archive(dict(entries).items()))
    for place, byte in changes:
        data[min(int(place * len(data)), len(data) - 1)] = byte
    total = 0
    try:
        for name, film in zip_files.films_in_zip(bytes(data), Limits(), max_total=500):
            assert name.isprintable()
            assert isinstance(film, bytes | UnreadableFilm)
            total += len(film) if isinstance(film, bytes) else 0
    except UnreadableFilm:
        pass
    assert total <= 500
