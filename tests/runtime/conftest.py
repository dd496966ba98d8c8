"""Every test of the runtime runs with the network forbidden: any socket call is an error. Fixtures for the commands."""

import sys

import numpy as np
import pytest
from PIL import Image

from cxr_edge.cli.main import main
from helpers import SIDE, encoded, tiny_card, tiny_onnx, write_model

FORBIDDEN = {"now": False}


def _refuse_sockets(event, args):
    if FORBIDDEN["now"] and event.startswith("socket."):
        raise RuntimeError(f"the runtime asked for the network: {event}")


sys.addaudithook(_refuse_sockets)


@pytest.fixture(autouse=True)
def no_network():
    FORBIDDEN["now"] = True
    yield
    FORBIDDEN["now"] = False


@pytest.fixture
def run(capsys, tiny_model):
    """Run ``cxr-edge`` in this process with the tiny model; (status, stdout, stderr)."""

    def run(*args, model=True):
        try:
            status = main([*map(str, args), *(["--model", str(tiny_model)] if model else [])])
        except SystemExit as stop:  # argparse
            status = stop.code
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def folder(tmp_path, gradient):
    """Two good films, one text file renamed, one truncated, and things that are no films."""
    png = encoded(Image.fromarray(gradient), "PNG")
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.png").write_bytes(png)
    (tmp_path / "b.jpg").write_text("not a picture\n")
    (tmp_path / "c.PNG").write_bytes(png[: len(png) // 2])
    (tmp_path / "sub" / "d.tif").write_bytes(encoded(Image.fromarray(gradient), "TIFF"))
    (tmp_path / "notes.txt").write_text("passed over")
    (tmp_path / ".hidden.png").write_bytes(b"passed over")
    return tmp_path


@pytest.fixture
def model(tmp_path):
    """Its logit is (mean grey − 128) / 20."""
    return write_model(tmp_path / "tiny.onnx", tiny_onnx(tiny_card().to_json()))


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """A clinic whose films are 30 grey levels darker than the model knows: 60 normal, 70 with pneumonia."""
    folder, rng = tmp_path_factory.mktemp("clinic"), np.random.default_rng(0)
    for name, count, middle in (("normal", 60, 80), ("Pneumonia/may", 70, 120)):
        (folder / name).mkdir(parents=True)
        for i, grey in enumerate(rng.normal(middle, 18, count).clip(5, 250)):
            Image.new("L", (SIDE, SIDE), round(grey)).save(folder / name / f"{i:03}.png")
    return folder
