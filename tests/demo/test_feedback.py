"""What users say survives, names nobody, and comes out as films that others of our commands take."""

import io
import os
import signal
import subprocess
import sys

import pytest
from PIL import Image

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.intervals import proportion
from cxr_edge.calibration.labelled_films import labelled_films
from cxr_edge.cli.main import main
from cxr_edge_demo.store.feedback import Diagnosis, Feedback
from cxr_edge_demo.store.feedback_figures import accuracies, to_dict, vote_counts
from cxr_edge_demo.store.held_films import HeldFilm, HeldFilms
from cxr_edge_demo.store.kept_films import write_kept_films
from dicom_film import BORN, NAME, SECRETS, dicom_film
from helpers import encoded

WRITER = """
import sys
from pathlib import Path
from cxr_edge import Classifier
from cxr_edge.store import SAMPLES
from cxr_edge_demo.timed_scoring import score
from cxr_edge_demo.store.feedback import Diagnosis, Feedback
feedback = Feedback(Path(sys.argv[1]))
film = (SAMPLES / "drawn_clear.png").read_bytes()
scored = score(Classifier.load(), film, "x")
n = 0
while True:
    feedback.add(scored, Diagnosis("normal", f"comment {n}"), film)
    n += 1
    print(n, flush=True)
"""


def say(service, film, diagnosis, keep=False, model=None, name="film.png"):
    service.diagnose(service.answer(film, name, model), Diagnosis(diagnosis), keep)


def drawn(phantoms, name, size):
    """A film of its own: another size makes other bytes."""
    return encoded(Image.open(phantoms[name]).convert("L").resize((size, size)), "PNG")


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_what_was_confirmed_is_there_after_a_kill(tmp_path):
    file = tmp_path / "feedback.sqlite"
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True)
    confirmed = 0
    while confirmed < 25:
        confirmed = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    confirmed = max([confirmed, *(int(line) for line in process.stdout.read().split("\n") if line.strip())])
    process.wait()
    feedback = Feedback(file)
    rows = feedback.rows("SELECT comment FROM feedback ORDER BY id")
    assert [comment for (comment,) in rows[:confirmed]] == [f"comment {n}" for n in range(confirmed)]
    assert len(rows) <= confirmed + 1
    assert feedback.rows("PRAGMA integrity_check") == [("ok",)]
    assert feedback.rows("PRAGMA journal_mode") == [("wal",)]
    assert feedback.rows("PRAGMA synchronous") == [(2,)]  # FULL
    assert len(feedback.rows("SELECT * FROM films")) == 1
    feedback.close()


def test_the_export_is_what_calibrate_takes_each_film_once(service, phantoms, tmp_path, capsys):
    first, second, third = (drawn(phantoms, "clear", size) for size in (200, 210, 220))
    say(service, first, "normal", keep=True)
    say(service, first, "pneumonia", model="accurate" if "accurate" in service.models.names else None)  # later: wins
    say(service, second, "normal", keep=True)
    say(service, second, "normal", keep=True)
    say(service, third, "pneumonia")
    say(service, drawn(phantoms, "clear", 230), "other", keep=True)
    say(service, drawn(phantoms, "clear", 240), "unsure", keep=True)
    counts = write_kept_films(service.feedback, tmp_path / "films")
    assert counts == {"normal": 1, "pneumonia": 1, "other": 1, "unsure": 1, "not kept": 1}
    labels = [label for _, label in labelled_films(tmp_path / "films")]
    assert sorted(labels) == [0, 1]
    assert {path.parent.name for path in (tmp_path / "films").rglob("*.png")} == {"NORMAL", "PNEUMONIA"}
    with pytest.raises(CxrEdgeError, match="expected a new or empty folder"):
        write_kept_films(service.feedback, tmp_path / "films")
    assert main(["demo", "--feedback", str(service.feedback.file), "--export", str(tmp_path / "again")]) == 0
    assert "1 other, 1 unsure, 1 that were not to be kept" in capsys.readouterr().out
    assert main(["demo", "--feedback", str(tmp_path / "no.sqlite"), "--export", str(tmp_path / "x")]) == 2


def test_the_export_is_what_train_takes(service, phantoms, tmp_path):
    films = pytest.importorskip("cxr_edge_train.data.films")
    for size, diagnosis in ((200, "normal"), (210, "pneumonia")):
        say(service, drawn(phantoms, "clear", size), diagnosis, keep=True)
    write_kept_films(service.feedback, tmp_path / "films")
    assert [film.label for film in films.read_labelled(tmp_path / "films")] == [0, 1]


def test_a_kept_dicom_film_is_pixels_and_nobody_is_named(service, tmp_path):
    pytest.importorskip("pydicom")
    film = dicom_film()
    assert all(secret.encode() in film for secret in SECRETS)
    say(service, film, "pneumonia", keep=True, name=f"{NAME}_{BORN}.dcm")
    ((png,),) = service.feedback.rows("SELECT png FROM films")
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.info, dict(picture.getexif())) == ("PNG", {}, {})
    service.feedback.close()  # writes everything into the file
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(stored) > len(png)
    for secret in SECRETS:
        assert secret.encode() not in stored


def test_nothing_of_a_film_is_kept_without_consent(service, phantoms):
    say(service, phantoms["clear"].read_bytes(), "normal")
    assert service.feedback.rows("SELECT * FROM films") == []
    columns = [row[1] for row in service.feedback.rows("PRAGMA table_info(feedback)")]
    assert "name" not in columns


def test_sensitivity_and_specificity_count_each_film_once_with_its_latest_diagnosis(service, phantoms):
    sick, clear = drawn(phantoms, "opacity_both", 300), drawn(phantoms, "clear", 300)
    say(service, sick, "normal")
    say(service, sick, "pneumonia")
    say(service, clear, "normal")
    say(service, drawn(phantoms, "clear", 310), "pneumonia")  # will be missed
    say(service, drawn(phantoms, "clear", 320), "unsure")
    (row,) = accuracies(service.feedback)
    assert (row.pneumonia, row.normal, row.other) == (2, 1, 1)
    assert row.sensitivity == proportion(1, 2)
    assert row.specificity == proportion(1, 1)
    assert to_dict(service.feedback)["accuracy"][0]["sensitivity"]["value"] == 0.5


def test_votes_are_counted_per_model_and_each_film_is_voted_on_once(service, phantoms):
    film = phantoms["clear"].read_bytes()
    for preferred in ("A", "A", "B", "equal"):
        token = service.pair(film, "x", service.models.names[:2])
        a, b = service.vote(token, preferred, "normal")
        assert a.classifier.card.name != b.classifier.card.name
        with pytest.raises(CxrEdgeError, match="Your vote on this film is counted"):
            service.vote(token, preferred, "normal")
    rows = vote_counts(service.feedback)
    assert sum(row.preferred for row in rows) == 3
    assert all((row.equal, row.preferred + row.other) == (1, 3) for row in rows)
    assert rows[0].share == proportion(rows[0].preferred, 3)


def test_the_order_of_two_models_is_chance(service, phantoms):
    film = drawn(phantoms, "clear", 64)
    orders = [
        tuple(s.classifier.card.name for s in service.held.get(service.pair(film, "x")).answers) for _ in range(40)
    ]
    assert len(set(orders)) >= 2
    assert all(len(set(pair)) == 2 for pair in orders)


@pytest.mark.parametrize(("preferred", "shows"), [("", "normal"), ("A", ""), ("C", "normal"), ("A", "sick")])
def test_other_words_are_refused(service, phantoms, preferred, shows):
    token = service.pair(phantoms["clear"].read_bytes(), "x")
    with pytest.raises(CxrEdgeError, match="Choose w"):
        service.vote(token, preferred, shows)
    assert vote_counts(service.feedback) == []


def test_a_long_comment_or_another_diagnosis_is_refused():
    with pytest.raises(CxrEdgeError, match="it has 1001 characters, 1000 at most"):
        Diagnosis("normal", "x" * 1001)
    with pytest.raises(CxrEdgeError, match="Choose a diagnosis before saving: pneumonia, normal, other or unsure"):
        Diagnosis("flu")


def test_a_file_that_is_no_feedback_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(b"no database" * 500)
    with pytest.raises(CxrEdgeError, match="expected a file of feedback"):
        Feedback(tmp_path / "x")


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_feedback_is_for_its_owner_alone(service):
    files = [path for path in service.feedback.file.parent.iterdir() if path.is_file()]
    assert files
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_the_oldest_of_the_held_films_go_first(service, phantoms):
    token = service.answer(phantoms["clear"].read_bytes(), "x")
    held = service.held.get(token)
    small = HeldFilms(max_bytes=3 * (len(held.film) + 600_000))
    tokens = [small.put(HeldFilm(held.film, "x", held.answers)) for _ in range(5)]
    for gone in tokens[:2]:
        with pytest.raises(CxrEdgeError, match="no longer in memory"):
            small.get(gone)
    assert all(small.get(token).name == "x" for token in tokens[2:])
    old = HeldFilms(max_seconds=0)
    with pytest.raises(CxrEdgeError, match="no longer in memory"):
        old.get(old.put(held))


def test_many_users_at_once_write_every_row(service, phantoms):
    from concurrent.futures import ThreadPoolExecutor

    film = drawn(phantoms, "clear", 128)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: say(service, film, "normal", keep=True), range(40)))
    assert service.feedback.rows("SELECT COUNT(*) FROM feedback") == [(40,)]
