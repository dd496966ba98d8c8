"""The command line for people and spreadsheets: no empty table, nothing leaked, nothing lost, nothing run."""

import csv
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from cxr_edge.cli.main import main
from cxr_edge.cli.progress import progress_line
from cxr_edge.store import SAMPLES
from helpers import encoded


def test_a_mistyped_path_prints_no_empty_table(run, tmp_path):
    status, out, err = run("predict", tmp_path / "flim.jpg")
    assert (status, out) == (1, "")
    assert err.endswith("flim.jpg: found no such file; expected a readable picture file\n")


def test_a_film_from_standard_input(tiny_model, folder):
    command = [sys.executable, "-m", "cxr_edge", "predict", "-", "--model", tiny_model, "--format", "json"]
    done = subprocess.run(command, input=(folder / "a.png").read_bytes(), capture_output=True, check=True)
    (film,) = json.loads(done.stdout)["films"]
    assert film["path"] == "<stdin>"
    assert film["decision"]


def test_every_film_has_its_sha256_and_the_file_of_its_heatmap(run, tmp_path):
    sample = SAMPLES / "drawn_clear.png"
    command = ["predict", sample, "--heatmap", tmp_path / "looked", "--format"]
    (whole,) = json.loads(run(*command, "json", model=False)[1])["films"]
    (line,) = map(json.loads, run(*command, "jsonl", model=False)[1].splitlines())
    (row,) = csv.DictReader(io.StringIO(run(*command, "csv", model=False)[1]))
    assert whole == line
    assert whole["sha256"] == row["sha256"] == hashlib.sha256(sample.read_bytes()).hexdigest()
    assert os.path.isfile(whole["heatmap_file"])
    assert row["heatmap_file"] == whole["heatmap_file"]


@pytest.mark.parametrize("name", ["=1+1.png", "+cmd.png", "-2.png", "@SUM(A1).png"])
def test_a_name_is_no_formula_in_a_spreadsheet(tiny_model, folder, name, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    (folder / "a.png").rename(folder / name)
    assert main(["predict", "--format", "csv", "--model", str(tiny_model), "--", name]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["path"] == f"'{name}"
    assert float(row["logit"])  # numbers stay numbers, below zero too


def test_errors_leak_no_words_of_the_interpreter(run, folder, tmp_path):
    (tmp_path / "point.json").write_text("no JSON")
    status, _, err = run("predict", folder / "a.png", "--operating-point", tmp_path / "point.json")
    assert status == 2
    assert "found no JSON; expected a file made by `cxr-edge calibrate`" in err
    for wrong in (["--workers", "two"], ["--prevalence", "often"]):
        assert "is not a" in run("predict", "x", *wrong)[2]


def test_models_fits_a_terminal(run):
    assert max(map(len, run("models", model=False)[1].splitlines())) <= 90


def test_the_progress_line_has_a_rate_and_the_time_left():
    assert progress_line(37, 624, 2.0) == "37 of 624 films, 18 a second, 32 s left"
    assert progress_line(10, 10_000, 20.0) == "10 of 10000 films, 0.5 a second, 5 h 33 min left"
    assert progress_line(624, 624, 3.0) == "624 of 624 films"


@pytest.mark.skipif(os.name != "posix", reason="needs SIGINT")
def test_an_interrupted_run_prints_what_it_has_and_speaks_of_resume(tiny_model, folder):
    films = f"[{str(folder / 'a.png')!r}] * 200_000"
    code = f"import sys; from cxr_edge.cli.main import main; sys.exit(main(sys.argv[1:] + {films}))"
    command = [sys.executable, "-c", code, "predict", "--format", "json", "--model", str(tiny_model)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert 0 < len(json.loads(out)["films"]) < 200_000
    assert re.search(r"stopped after \d+ of 200000 films; with --resume FILE the next run would go on from here", err)
    assert "Traceback" not in err


def test_what_decoders_say_on_their_own_stays_off_the_terminal(tiny_model, tmp_path, gradient):
    tiff = bytearray(encoded(Image.fromarray(gradient), "TIFF", compression="tiff_lzw"))
    for offset in range(200, len(tiff) - 200, 50):
        tiff[offset] ^= 0xFF
    (tmp_path / "torn.tif").write_bytes(tiff)
    command = [sys.executable, "-m", "cxr_edge", "predict", tmp_path / "torn.tif", "--model", tiny_model]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"cxr-edge: {tmp_path / 'torn.tif'}: found a truncated or damaged picture; expected a complete file"
    ]


def test_building_the_parser_loads_neither_numpy_nor_a_model():
    code = "import sys, cxr_edge.cli.main as m; m.command_parser(); print(*{n.split('.')[0] for n in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "PIL", "onnxruntime", "tensorflow", "gradio"} & set(loaded)
