"""A dozen small films, one of them broken, and S3 on the loopback."""

import os

import numpy as np
import pytest
from PIL import Image

for package in ("ray", "pyarrow", "psutil"):
    pytest.importorskip(package)

from cxr_edge_archive.listing.make_manifest import Maker
from cxr_edge_archive.places import Stores


@pytest.fixture(scope="session")
def films(tmp_path_factory):
    """Twelve films of two sites; the last of each is no picture. Not to be written to."""
    folder = tmp_path_factory.mktemp("films")
    for site, low in (("north", 20), ("south #1 100%", 120)):
        (folder / site).mkdir()
        for number in range(5):
            grey = np.full((70, 80), low + 20 * number, np.uint8)
            Image.fromarray(grey).save(folder / site / f"film {number}.png")
        (folder / site / "film 9.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="session")
def manifest(films, tmp_path_factory):
    """The manifest of `films`."""
    file = tmp_path_factory.mktemp("manifest") / "films.parquet"
    Maker([str(films)], str(file), Stores()).make()
    return str(file)


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    """URL of a server that speaks S3, with the bucket ``films``; the environment holds what reaches it."""
    moto = pytest.importorskip("moto.server")
    values = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    from pyarrow import fs

    fs.S3FileSystem(endpoint_override=f"http://{host}:{port}", allow_bucket_creation=True).create_dir("films")
    yield f"http://{host}:{port}"
    server.stop()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
