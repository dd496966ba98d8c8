"""Uploads are read once, by whoever sent them, and none stays."""

import asyncio
import json
import os
import time

import pytest

from cxr_edge import CxrEdgeError
from cxr_edge_demo.web.separate_uploads import SeparateUploads
from cxr_edge_demo.web.uploads import Uploads


def test_an_upload_is_gone_once_it_was_read_and_nothing_else_can_be_taken(service, send, tmp_path):
    upload = send("a\nb.png", b"12")
    assert service.uploads.take(upload) == ("a\\nb.png", b"12")
    assert list(service.uploads.folder.iterdir()) == []
    (tmp_path / "secret").write_bytes(b"x")
    (service.uploads.folder / "link").symlink_to(tmp_path / "secret")
    outside = [
        str(tmp_path / "secret"),
        str(service.uploads.folder / "../secret"),
        str(service.uploads.folder / "link"),
    ]
    for path in [upload["path"], *outside, "http://192.0.2.1/film.png", "\0", str(service.uploads.folder)]:
        with pytest.raises(CxrEdgeError, match="no longer on the server"):
            service.uploads.take({"path": path})
    for nothing in (None, {}, "x", {"path": 1}):
        with pytest.raises(CxrEdgeError, match="There is no film here"):
            service.uploads.take(nothing)
    assert (tmp_path / "secret").exists()


def test_forgotten_uploads_are_swept_and_those_of_a_killed_server_too(tmp_path):
    uploads = Uploads(tmp_path / "uploads")
    for name, age in (("old", 400), ("new", 0)):
        folder = uploads.folder / name
        folder.mkdir()
        (folder / "film.png").write_bytes(b"x")
        for path in (folder / "film.png", folder):
            os.utime(path, (time.time() - age,) * 2)
    uploads.sweep(300)
    assert [path.name for path in uploads.folder.rglob("*.png")] == ["film.png"]
    assert (uploads.folder / "new/film.png").exists()
    assert list(Uploads(tmp_path / "uploads").folder.iterdir()) == []  # the next server
    uploads.close()
    assert not uploads.folder.exists()


def test_each_upload_gets_a_folder_of_its_own_though_gradio_names_it_by_its_content(tmp_path):
    async def store(scope, receive, send):  # as Gradio does: the same film twice, in one folder
        await receive()
        (tmp_path / "hash").mkdir(exist_ok=True)
        path = tmp_path / "hash/film.png"
        await asyncio.sleep(0)
        path.write_bytes(b"1")
        await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": json.dumps([str(path)] * 2).encode()})

    async def upload(guard):
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        await guard({"type": "http", "method": "POST", "path": "/gradio_api/upload", "headers": []}, receive, send)
        assert dict(sent[0]["headers"])[b"content-length"] == str(len(sent[1]["body"])).encode()
        return json.loads(sent[1]["body"])

    async def all_at_once():
        guard = SeparateUploads(store, tmp_path)
        return await asyncio.gather(*(upload(guard) for _ in range(8)))

    paths = [path for paths in asyncio.run(all_at_once()) for path in paths]
    assert len({os.path.dirname(path) for path in paths}) == 16
    assert {os.path.basename(path) for path in paths} == {"film.png"}
    for path in paths:
        with open(path, "rb") as file:
            assert file.read() == b"1"
    assert not (tmp_path / "hash").exists()
