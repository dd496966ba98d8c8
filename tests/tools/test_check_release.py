"""A release needs a tag that is the version, and a changelog that says what it brings."""

import pytest

from cxr_edge_tools import check_release
from cxr_edge_tools.check_release import main, notes, problems

GOOD = "# Changelog\n\n## 0.2.0 – 2027-01-31\n\nFaster.\n\n### Detail\n\nMuch.\n\n## 0.1.0 – 2026-11-30\n\nThe first.\n"


def test_a_dated_section_and_the_same_tag_pass():
    assert problems("v0.2.0", "0.2.0", GOOD) == []
    assert notes("0.2.0", GOOD) == "Faster.\n\n### Detail\n\nMuch."
    assert notes("0.1.0", GOOD) == "The first."


@pytest.mark.parametrize(
    ("tag", "version", "changelog", "why"),
    [
        ("v0.2.1", "0.2.0", GOOD, "expected v0.2.0"),
        ("0.2.0", "0.2.0", GOOD, "expected v0.2.0"),
        ("v0.3.0", "0.3.0", GOOD, "no section for 0.3.0"),
        ("v0.2.0", "0.2.0", GOOD.replace("2027-01-31", "unreleased"), "the day of the release"),
        ("v0.2.0", "0.2.0", "## 0.2.0 – 2027-01-31\n\n## 0.1.0 – 2026-11-30\nx\n", "nothing below 0.2.0"),
    ],
)
def test_what_may_not_be_released(tag, version, changelog, why):
    (problem,) = problems(tag, version, changelog)
    assert why in problem


def test_the_command_writes_notes_only_for_a_good_release(tmp_path, monkeypatch, capsys):
    (tmp_path / "CHANGELOG.md").write_text(GOOD)
    monkeypatch.setattr(check_release, "CHANGELOG", tmp_path / "CHANGELOG.md")
    monkeypatch.setattr(check_release.cxr_edge, "__version__", "0.2.0")
    file = tmp_path / "notes.md"
    assert main(["v9", "--notes", str(file)]) == 1
    assert "expected v0.2.0" in capsys.readouterr().err
    assert not file.exists()
    assert main(["v0.2.0", "--notes", str(file)]) == 0
    assert file.read_text().startswith("Faster.")
