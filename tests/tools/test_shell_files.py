"""Completions and the manual page: those of today's parser, and what real shells make of them."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("shtab")
pytest.importorskip("argparse_manpage")
for extra in ("gradio", "pynetdicom", "sklearn", "ray"):  # whose commands are in the files
    pytest.importorskip(extra)

from cxr_edge import list_models
from cxr_edge_tools.shell.__main__ import SHARE, made, main, stale
from cxr_edge_tools.shell.completions import SHELLS
from cxr_edge_tools.shell.manual_page import FILE, date_of, manual_page
from cxr_edge_tools.shell.whole_parser import commands, whole_parser

PAGE = SHARE / FILE
NAMES = {name for model in list_models() for name in (model.alias, model.name)}
FORMATS = {"table", "json", "jsonl", "csv"}
COMMANDS = {command for command, _ in commands(whole_parser()) if command}


def test_the_files_are_those_of_the_parser():
    assert stale() == [], "python -m cxr_edge_tools.shell"
    assert main(["--check"]) == 0


def test_a_terminal_changes_nothing(monkeypatch):
    before = made("2026-01-01")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert made("2026-01-01") == before


def test_a_changed_parser_is_noticed_and_dates_the_page(monkeypatch, tmp_path, capsys):
    import cxr_edge_tools.shell.__main__ as tool

    shutil.copytree(SHARE, tmp_path / "share")
    monkeypatch.setattr(tool, "SHARE", tmp_path / "share")
    page = tmp_path / "share" / FILE
    page.write_text(page.read_text().replace(date_of(page.read_text()), "2020-01-01"))
    assert main(["--check"]) == 0  # a date alone is no change
    page.write_text(page.read_text().replace("score films", "score film"))
    assert main(["--check"]) == 1
    assert "cxr-edge.1: not of this parser" in capsys.readouterr().out
    assert main([]) == 0
    assert date_of(page.read_text()) > "2020-01-01"
    assert main(["--check"]) == 0


def test_the_page_holds_every_command_option_and_example():
    text = PAGE.read_text(encoding="utf-8").replace("\\-", "-")
    for command, parser in commands(whole_parser()):
        if command:
            assert f".SS \\fBcxr-edge {command}\\fR" in text
        for action in parser._actions:
            if action.help != argparse.SUPPRESS and not isinstance(action, argparse._HelpAction):
                assert all(option in text for option in action.option_strings), (command, action)
        for line in (parser.epilog or "").splitlines():
            if line.startswith("  "):
                assert line.strip() in text, command
    assert ".SH EXIT STATUS\n0 done" in text


@pytest.mark.parametrize(
    "check",
    [["mandoc", "-Tlint", "-W", "warning"], ["groff", "-K", "utf8", "-ww", "-man", "-Tutf8"]],
    ids=lambda check: check[0],
)
def test_the_page_has_no_fault(check, tmp_path):
    if shutil.which(check[0]) is None:
        pytest.skip(f"needs {check[0]}: apt install {check[0]}")
    done = subprocess.run([*check, PAGE], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert check[0] == "groff" or done.stdout == ""
    broken = tmp_path / "cxr-edge.1"
    broken.write_text(manual_page(whole_parser(), "2026-01-01").replace(".fi", ".XX", 1))
    done = subprocess.run([*check, broken], capture_output=True, text=True)
    assert "XX" in done.stdout + done.stderr


@pytest.fixture
def films(tmp_path, monkeypatch):
    """A folder to stand in: two films, one with a space in its name, and a folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film one.png").touch()
    (tmp_path / "film2.dcm").touch()
    (tmp_path / "fold").mkdir()
    return tmp_path


def in_bash(*words):
    """What bash offers for the last of `words`, which is being typed."""
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    script = (
        'source "$0"; [[ $(complete -p cxr-edge) =~ -F\\ ([^ ]+) ]] && function=${BASH_REMATCH[1]};'
        'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "$function"; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    command = ["bash", "--norc", "-c", script, SHARE / SHELLS["bash"], "cxr-edge", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [line for line in done.stderr.splitlines() if "compopt" not in line] == []
    return set(filter(None, done.stdout.splitlines()))


def in_fish(*words):
    if shutil.which("fish") is None:
        pytest.skip("needs fish: apt install fish")
    script = f"source {SHARE / SHELLS['fish']}; complete -C 'cxr-edge {' '.join(words)}'"
    home = {**os.environ, "HOME": "/nowhere", "XDG_CONFIG_HOME": os.path.abspath(".config")}
    done = subprocess.run(["fish", "-N", "-c", script], capture_output=True, text=True, check=True, env=home)
    return {line.partition("\t")[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize("offered", [in_bash, in_fish])
class TestOffered:
    def test_commands(self, offered, films):
        top = {command for command in COMMANDS if " " not in command}
        assert top <= offered("")
        assert offered("pre") == {"predict"}
        assert {"status", "export", "unit", "example"} <= offered("node", "")

    def test_options_and_choices(self, offered, films):
        assert {"--format", "--heatmap", "--operating-point"} <= offered("predict", "--")
        assert offered("predict", "--format", "") == FORMATS
        assert offered("predict", "film2.dcm", "--format", "j") == {"json", "jsonl"}
        assert offered("node", "status", "--format", "") == {"text", "json"}

    def test_models_by_name_and_file(self, offered, films):
        assert offered("predict", "--model", "") >= {*NAMES, "film2.dcm"}
        assert offered("predict", "--model", "lungs") == {name for name in NAMES if name.startswith("lungs")}
        assert offered("info", "acc") == {"accurate"}
        assert "a1_baseline" in offered("train", "--model", "")
        assert "film2.dcm" not in offered("train", "--model", "")

    def test_files_and_folders(self, offered, films):
        assert {"film one.png", "film2.dcm"} <= {name.replace("\\ ", " ") for name in offered("predict", "fi")}
        assert "film2.dcm" in offered("predict", "fold", "--model", "default", "fi")
        assert "film2.dcm" in offered("predict", "x", "--operating-point", "fi")
        assert {name.rstrip("/") for name in offered("predict", "x", "--heatmap", "f")} == {"fold"}
        assert {name.rstrip("/") for name in offered("watch", "f")} == {"fold"}
        assert "film2.dcm" in offered("calibrate", "fi")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("cxr-edge pred\t", "cxr-edge predict"),
        ("cxr-edge predict --format jsonl --model acc\t", "--model accurate"),
        ("cxr-edge predict --wor\tx", "--work"),
        ("cxr-edge predict film2\t", "predict film2.dcm"),
        ("cxr-edge predict x --heatmap f\t", "--heatmap fold"),
        ("cxr-edge node sta\t", "node status"),
    ],
)
def test_zsh_completes_what_is_typed(typed, completed, films):
    if shutil.which("zsh") is None:
        pytest.skip("needs zsh: apt install zsh")
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.execve(shutil.which("zsh"), ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb", "HOME": str(films)})
    folder = (SHARE / SHELLS["zsh"]).parent
    setup = f"PROMPT=; unset zle_bracketed_paste; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D;"
    try:
        os.write(terminal, f"{setup} print READ''Y\n".encode())
        read_until(terminal, "READY")
        os.write(terminal, typed.encode())
        read_until(terminal, completed)
    finally:
        os.close(terminal)
        os.waitpid(child, 0)


def read_until(terminal, text, seconds=60):
    seen, end = "", time.monotonic() + seconds
    while text not in seen:
        assert time.monotonic() < end, seen
        os.set_blocking(terminal, False)
        try:
            seen += os.read(terminal, 4096).decode(errors="replace")
        except BlockingIOError:
            time.sleep(0.05)


def test_where_the_files_lie_below_share():
    found = {file.relative_to(SHARE).as_posix() for file in SHARE.rglob("*") if file.is_file()}
    assert found == {*SHELLS.values(), FILE}
    assert Path(SHELLS["zsh"]).name == "_cxr-edge"
    assert (SHARE / SHELLS["zsh"]).read_text(encoding="utf-8").startswith("#compdef cxr-edge")
