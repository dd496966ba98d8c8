"""The command as a process: it starts, says what is wrong and ends, and ends when it is told to."""

import signal
import socket
import subprocess
import sys

import pytest

pytest.importorskip("highdicom")
pytest.importorskip("pynetdicom")


def node(*options, **popen):
    command = [sys.executable, "-m", "cxr_edge", "node", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen)


def test_a_port_that_is_taken_is_said_and_everything_ends(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = node("--spool", str(tmp_path), "--port", port)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"127.0.0.1:{port}: found a port that another program has" in said


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to_and_leaves_the_spool(tmp_path, number):
    for _ in range(2):  # the second finds the spool free
        process = node("--spool", str(tmp_path), "--port", "0")
        assert "listening on 127.0.0.1:" in process.stdout.readline()
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), "no spool folder"),
        (("--spool", "S", "--host", "0.0.0.0"), "without allow"),
        (("--spool", "S", "--model", "none"), "none"),
        (("--spool", "S", "--config", "missing.toml"), "missing.toml"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(tmp_path, options, found):
    process = node(*options, cwd=tmp_path)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert found in said
