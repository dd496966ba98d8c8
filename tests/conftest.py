"""What many tests need: a tiny model with a card, a film, and the data folder where there is one."""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before any import of onnxruntime
import tempfile
from pathlib import Path

import numpy as np
import pytest

from cxr_edge import Classifier
from helpers import tiny_card, tiny_onnx, write_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "tiny.onnx", tiny_onnx(tiny_card().to_json()))


@pytest.fixture(scope="session")
def tiny(tiny_model) -> Classifier:
    return Classifier.load(tiny_model)


@pytest.fixture(scope="session")
def drawn_films(tmp_path_factory) -> Path:
    """``train`` and ``test`` of drawn films in Kaggle's layout; not to be written to."""
    from tiny_training import draw_data

    folder = tmp_path_factory.mktemp("films")
    draw_data(folder)
    return folder


@pytest.fixture(scope="session")
def gradient() -> np.ndarray:
    """uint8 [96, 128]: black on the left to white on the right, darker downwards; no symmetry."""
    y, x = np.mgrid[0:96, 0:128]
    return (x * 255 / 127 * (1 - y / 192)).astype(np.uint8)


@pytest.fixture(scope="session")
def data() -> Path:
    folder = Path(os.environ.get("CXR_EDGE_DATA", ""))
    if not (folder / "chest_xray").is_dir():
        pytest.skip("needs real films: set CXR_EDGE_DATA to the folder that holds chest_xray/")
    return folder


@pytest.fixture
def secret():
    """A file that may not be read, while this process has no right of root to read it all the same."""
    if os.name != "posix":
        pytest.skip("needs POSIX permissions")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = Path(folder, "secret.jpg")
        path.write_bytes(b"x")
        path.chmod(0)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        yield path
        os.seteuid(user)
