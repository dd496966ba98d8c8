import csv
import io
import json
import os
import re
import subprocess
import sys

import pytest


def test_json_scores_the_good_and_names_the_bad(run, folder):
    status, out, err = run("predict", folder, "--format", "json")
    result = json.loads(out)
    assert status == 1
    assert result["schema"] == 1
    assert set(result["model"]) == {
        "name",
        "version",
        "sha256",
        "threshold",
        "review_band",
        "operating_point_sha256",
    }
    assert [os.path.relpath(film["path"], folder) for film in result["films"]] == [
        "a.png",
        "b.jpg",
        "c.PNG",
        os.path.join("sub", "d.tif"),
    ]
    assert [film["probability"] is None for film in result["films"]] == [False, True, True, False]
    assert result["films"][0]["probability"] == result["films"][3]["probability"]
    assert "found text; expected JPEG" in result["films"][1]["error"]
    lines = err.splitlines()
    assert len(lines) == 3
    assert "b.jpg" in lines[0]
    assert "c.PNG" in lines[1]
    assert lines[2] == "cxr-edge: 2 of 4 could not be read"


def test_jsonl_and_csv_hold_the_same(run, folder):
    whole = json.loads(run("predict", folder, "--format", "json")[1])["films"]
    lines = run("predict", folder, "--format", "jsonl")[1].splitlines()
    assert [json.loads(line) for line in lines] == whole
    rows = list(csv.DictReader(io.StringIO(run("predict", folder, "--format", "csv")[1])))
    assert [row["path"] for row in rows] == [film["path"] for film in whole]
    assert [row["decision"] for row in rows] == [film["decision"] or "" for film in whole]
    assert float(rows[0]["probability"]) == whole[0]["probability"]


def test_table(run, folder):
    status, out, _ = run("predict", folder / "a.png")
    assert status == 0
    header, film, key, footer = out.splitlines()
    assert header.split() == ["probability", "decision", "film"]
    assert film.endswith("a.png")
    assert key == "refer at or above 0.500, no finding below · model tiny 1"
    assert "not a diagnosis" in footer


def test_predictive_values_at_a_prevalence(run, folder):
    lines = run("predict", folder / "a.png", "--prevalence", "0.1")[1].splitlines()
    ppv, npv = r"33.33% \(.*\) of those at or above 0.500 \(PPV\)", r"98.63% \(.*\) of those below 0.500 do not \(NPV\)"
    assert re.fullmatch(f"where 10.0% .* {ppv}; {npv}", lines[3])
    result = json.loads(run("predict", folder / "a.png", "--prevalence", "0.1", "--format", "json")[1])
    (values,) = result["predictive_values"]
    assert values["ppv"]["value"] == pytest.approx(0.09 / 0.27)
    assert values["ppv"]["low"] < values["ppv"]["value"] < values["ppv"]["high"]
    assert "PPV 0.3333" in run("info", "--prevalence", "0.1")[1]
    for wrong in ("0", "1", "10"):
        status, _, err = run("predict", folder / "a.png", "--prevalence", wrong)
        assert status == 2
        assert "is not between 0 and 1" in err


def test_a_folder_without_films_and_a_missing_path(run, tmp_path):
    status, out, err = run("predict", tmp_path, tmp_path / "missing.png", "--format", "json")
    assert status == 1
    assert "found no films; expected files ending in .bmp .dcm .jpeg" in err
    assert "missing.png: found no such file" in err
    assert [film["decision"] for film in json.loads(out)["films"]] == [None, None]


def test_wrong_usage(run):
    for args in (
        [],
        ["predict"],
        ["nonsense"],
        ["predict", "x", "--format", "xml"],
        ["predict", "x", "--threads", "0"],
    ):
        assert run(*args, model=False)[0] == 2, args


def test_no_usable_model(run, tmp_path):
    status, out, err = run("predict", "x", "--model", "nonsense", model=False)
    assert (status, out) == (2, "")
    assert err.startswith("cxr-edge: nonsense: found no such model; expected one of")
    assert len(err.splitlines()) == 1


def test_samples(run):
    status, out, _ = run("predict", "--samples", "--format", "json", model=False)
    assert status == 0
    assert len(json.loads(out)["films"]) == 3


def test_info_and_models(run):
    assert "bright films are sick" in run("info")[1]
    assert "95 % interval" in run("info", model=False)[1]
    assert json.loads(run("info", "--format", "json")[1])["name"] == "tiny"
    listed = json.loads(run("models", "--format", "json", model=False)[1])
    assert listed["models"][0]["default"]
    assert listed["models"][0]["name"] in run("models", model=False)[1]


def test_help_of_every_command_teaches(run):
    status, out, _ = run("--help", model=False)
    assert status == 0
    for command in ("predict", "info", "models", "train", "evaluate", "export"):
        assert command in out
        assert "xample" in run(command, "--help", model=False)[1] or command == "models"


def test_a_file_name_that_is_no_text(tiny_model, folder):
    name = os.fsencode(folder) + b"/\xff\xfe.png"
    with open(name, "wb") as file:
        file.write((folder / "a.png").read_bytes())
    for format in ("table", "json", "csv", "jsonl"):
        command = [sys.executable, "-m", "cxr_edge", "predict", name, "--model", tiny_model, "--format", format]
        done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "utf-8"})
        assert done.returncode == 0, done.stderr


def test_a_file_name_cannot_forge_a_row(run, folder):
    (folder / "a.png").rename(folder / "x.png\n      0.010  no finding  other.png")
    lines = run("predict", folder)[1].splitlines()
    assert len(lines) == 5  # header, two films, two lines of footer
    assert not any(line.endswith("  no finding  other.png") and line.startswith("      0.010") for line in lines)


def test_an_unreadable_subfolder_does_not_stop_the_others(tiny_model, gradient, monkeypatch, run, folder):
    real = os.scandir

    def scandir(path):
        if os.fspath(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    status, out, err = run("predict", folder, "--format", "json")
    assert status == 1
    assert [bool(film["error"]) for film in json.loads(out)["films"]] == [False, True, True, True]
    assert "sub: found Permission denied; expected a readable folder" in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk(tiny_model, folder):
    command = f"{sys.executable} -m cxr_edge predict {folder / 'a.png'} --model {tiny_model} > /dev/full"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_stops_reading(tiny_model, folder):
    command = (
        f"{sys.executable} -m cxr_edge predict {' '.join([str(folder / 'a.png')] * 200)} --model {tiny_model} | head -1"
    )
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.stderr == ""


def test_a_command_whose_extra_is_missing_says_what_to_install(tiny_model):
    code = (
        "import sys; sys.modules['sklearn'] = None; sys.modules['scipy'] = None;"
        "from cxr_edge.cli.main import main; sys.exit(main(['evaluate', 'x']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert "pip install 'cxr-edge[train]'" in done.stderr


def test_importing_the_runtime_loads_nothing_else():
    code = "import sys, cxr_edge.cli.main as m; m.cxr_edge.Classifier.load();"
    code += "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"numpy", "PIL", "onnxruntime"} <= set(loaded)
    heavy = {"tensorflow", "keras", "onnx", "gradio", "matplotlib", "sklearn", "scipy", "cxr_edge_train"}
    assert not heavy & set(loaded)
