"""What a run says of itself while it lasts, and how it ends."""

import io
import time
from collections import Counter

import pytest

from archive.made_results import score_here, work_for
from cxr_edge.cli.main import main
from cxr_edge_archive.cli.progress_lines import ProgressLines
from cxr_edge_archive.cli.scoring_run import in_words, report_of_end
from cxr_edge_archive.scoring import score_archive as engine
from cxr_edge_archive.scoring.chunk_scorer import ChunkDone
from cxr_edge_archive.scoring.score_archive import NO_USE, Outcome, score_archive


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_lines_come_with_rate_and_time_left():
    out = io.StringIO()
    with ProgressLines(1000, out, every=0.05) as lines:
        for _ in range(4):
            lines.add(100)
            time.sleep(0.1)
    said = out.getvalue().splitlines()
    assert len(said) >= 2
    assert all(line.startswith("cxr-edge: ") and line.endswith(" left") for line in said)
    assert said[-1].startswith("cxr-edge: 400 of 1000 films, ")


def test_on_a_terminal_one_line_changes_and_is_gone_at_the_end():
    out = Terminal()
    with ProgressLines(10, out, every=0.05) as lines:
        lines.add(5)
        time.sleep(0.2)
    assert "5 of 10 films" in out.getvalue()
    assert "\n" not in out.getvalue()
    assert out.getvalue().endswith("\r\x1b[K")


def test_silence_is_said():
    out = io.StringIO()
    with ProgressLines(10, out, every=0.05, quiet=0.2):
        time.sleep(0.7)
    assert 1 <= out.getvalue().count("no result for ") <= 3


def chunks(monkeypatch, *passes):
    """Let the passes of a run give these; what each was asked for."""
    asked, left = [], list(passes)

    def one_pass(work, numbers, processes):
        asked.append((list(numbers), work.alone))
        yield from left.pop(0) if left else ()

    monkeypatch.setattr(engine, "_one_pass", one_pass)
    return asked


@pytest.fixture
def work(manifest, tmp_path, tiny_model):
    return work_for(manifest, tmp_path / "results", tiny_model, batch=1)


def done(*numbers, failure=""):
    return [ChunkDone(number, films=0 if failure else 1, failure=failure) for number in numbers]


def test_lost_chunks_are_scored_again_and_alone_at_last(work, monkeypatch):
    asked = chunks(monkeypatch, done(*range(9)), done(9), done(10), done(11))
    outcome = score_archive(work, 2, lambda one: None)
    assert asked == [(list(range(12)), False), ([9, 10, 11], False), ([10, 11], True), ([11], True)]
    assert (outcome.scored, outcome.left, outcome.lost) == (12, 0, 0)


def test_it_ends_when_nothing_comes_back_at_all(work, monkeypatch):
    asked = chunks(monkeypatch, done(*range(11)))
    outcome = score_archive(work, 2, lambda one: None)
    assert len(asked) == 3
    assert (outcome.scored, outcome.left, outcome.lost) == (11, 1, 1)


def test_a_chunk_that_storage_failed_is_left_for_the_next_run(work, monkeypatch):
    asked = chunks(monkeypatch, done(3, failure="reading a film: found SLOW_DOWN") + done(0, 1, 2, *range(4, 12)))
    outcome = score_archive(work, 2, lambda one: None)
    assert len(asked) == 1
    assert (outcome.left, outcome.failures) == (1, Counter({"reading a film: found SLOW_DOWN": 1}))


def test_it_gives_up_early_where_storage_is_not_reached_at_all(manifest, tmp_path, tiny_model, monkeypatch):
    work = work_for(manifest, tmp_path / "results", tiny_model, batch=1)
    monkeypatch.setattr(engine, "NO_USE", 5)
    came = []
    chunks(monkeypatch, done(*range(12), failure="gone"))
    outcome = score_archive(work, 2, came.append)
    assert NO_USE > 5
    assert (len(came), outcome.left) == (5, 12)


def test_ctrl_c_ends_a_run_with_what_was_done(work, monkeypatch):
    def interrupted(*_):
        yield from done(0, 1)
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "_one_pass", interrupted)
    outcome = score_archive(work, 2, lambda one: None)
    assert (outcome.interrupted, outcome.scored, outcome.left) == (True, 2, 10)
    assert any("stopped, 10 films left; the same command goes on" in line for line in report_of_end(outcome))


def test_what_is_left_and_why_is_said():
    outcome = Outcome(100, before=10, scored=70, lost=5)
    outcome.failures.update({"reading a film: found SLOW_DOWN": 15})
    said = report_of_end(outcome)
    assert said[0] == "reading a film: found SLOW_DOWN (15 films without results)"
    assert said[-1] == "20 films are left; the same command tries them again"
    assert in_words(Outcome(3, before=3), "out").startswith("out: 3 of 3 films have results\nnothing was left to score")


def test_a_finished_run_starts_no_ray(manifest, tmp_path, tiny_model, capsys, monkeypatch):
    score_here(work_for(manifest, tmp_path / "results", tiny_model, batch=5))
    monkeypatch.setattr("cxr_edge_archive.cli.scoring_run.cluster", None)
    asked = ["archive", "score", manifest, "--out", str(tmp_path / "results"), "--model", str(tiny_model)]
    assert main([*asked, "--batch", "5"]) == 0
    assert "12 of 12 films have results" in capsys.readouterr().out
    assert main([*asked, "--batch", "6"]) == 2
    assert "found results of another run (batch 5); expected batch 6" in capsys.readouterr().err


def test_an_action_is_asked_for(capsys):
    with pytest.raises(SystemExit):
        main(["archive"])
    assert "choose an action" in capsys.readouterr().err


def test_a_model_without_heatmap_is_refused(manifest, tmp_path, tiny_model, capsys):
    asked = ["archive", "score", manifest, "--out", str(tmp_path / "r"), "--model", str(tiny_model), "--heatmap"]
    status = main(asked)
    said = capsys.readouterr().err
    assert (status, "without heatmap" in said) == (2, True)
