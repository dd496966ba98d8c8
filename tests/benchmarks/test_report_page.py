"""The page holds everything that it shows, is well formed, and escapes names; the Markdown fits a job summary."""

import re
from xml.etree import ElementTree

import pytest

for package in ("onnx", "tf2onnx", "sklearn", "matplotlib", "jinja2"):
    pytest.importorskip(package)
from cxr_edge_bench.report.sections.all_sections import sections
from cxr_edge_bench.report.sections.speed import instructions
from cxr_edge_bench.report.write_report import write_report

HREF = "{http://www.w3.org/1999/xlink}href"


@pytest.fixture(scope="module")
def report(make_report):
    """Of names that would break a page."""
    with_films = make_report()
    with_films["failures"] = ["speed <lost> | \"twice\" & 'thrice'"]
    with_films["films"] = "films <i>of</i> | somebody"
    with_films["instructions"] = {"models": {"a|<u>": {"decode": 12_345_678, "sha256": "0"}}}
    with_films["steps"]["limit"] = {"seconds": 1.0, "error": "<script>alert(1)</script>", "cores_used_by_others": None}
    return with_films


@pytest.fixture(scope="module")
def written(report, tmp_path_factory):
    """In a folder with a chart of an earlier report."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "charts").mkdir()
    (folder / "charts/gone.svg").write_text("<svg/>")
    write_report(report, folder)
    return folder


@pytest.fixture(scope="module")
def page(written):
    return ElementTree.fromstring((written / "report.html").read_text(encoding="utf-8"))


def test_the_page_needs_nothing_beside_itself_and_no_script(page):
    for element in page.iter():
        assert element.tag.rpartition("}")[2] not in ("script", "link", "iframe", "img", "object")
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            if name in ("src", "href", HREF):
                assert value.startswith("#")
            assert "url(" not in value or re.fullmatch(r"url\(#[\w-]+\)", value)
    assert "@import" not in "".join(page.itertext())


def test_links_lead_somewhere_and_no_name_is_given_twice(page):
    names = [element.attrib["id"] for element in page.iter() if "id" in element.attrib]
    assert len(names) == len(set(names))
    links = {element.attrib["href"].removeprefix("#") for element in page.iter() if "href" in element.attrib}
    links |= {
        found for element in page.iter() for found in re.findall(r"url\(#(.+?)\)", " ".join(element.attrib.values()))
    }
    assert links <= set(names)
    assert len(links) > len(list(page.iter("section")))  # contents, and clipped charts


def test_every_section_is_in_the_contents_with_its_tables_and_charts(page, written, report):
    found = list(sections(report))
    assert [link.text for link in page.iter("a")] == [section.title for section in found]
    assert len(list(page.iter("figure"))) == sum(len(section.charts) for section in found)
    for section in found:
        for table in section.tables:
            assert all(len(row) == len(table.head) for row in table.rows)
    text = (written / "report.md").read_text(encoding="utf-8")
    charts = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert sorted(charts) == sorted(f"charts/{path.name}" for path in (written / "charts").iterdir())


def test_charts_have_no_colour_of_their_own(page, written):
    for path in (written / "charts").iterdir():
        chart = ElementTree.parse(path).getroot()
        styles = [child for child in chart.iter() if child.tag.endswith("}style")]
        assert len(styles) == 1
        assert "prefers-color-scheme: dark" in styles[0].text
    drawn = [element for figure in page.iter("figure") for element in figure.iter()]
    values = [value for element in drawn for value in element.attrib.values()]
    assert not [value for value in values if re.search(r"#[0-9a-fA-F]{6}\b|\b(?:black|white)\b", value)]
    assert any("var(--ours)" in value for value in values)
    assert not [element for element in drawn if element.tag.endswith("style")]  # would reach the whole page


def test_counted_instructions_have_a_table_and_nothing_else_has(report):
    (counted,) = (section for section in sections(report) if section.anchor == "how-many-instructions")
    assert counted.tables[0].rows == [("decode", "12.35")]
    assert instructions({}) is None
    assert instructions({"models": {"a": {}}}) is None


def test_names_stay_text(page, written):
    said = " ".join(page.itertext())
    for name in ("speed <lost> | \"twice\" & 'thrice'", "films <i>of</i> | somebody", "a <b>", "a|<u>", "alert(1)"):
        assert name in said
    text = re.sub(r"```.*?```", "", (written / "report.md").read_text(encoding="utf-8"), flags=re.S)
    tags = set(re.findall(r"<(/?\w+)", text))
    assert tags == {"details", "summary", "/summary", "/details"}


def test_tables_of_the_summary_are_narrow_and_whole(written):
    text = (written / "report.md").read_text(encoding="utf-8")
    tables = re.findall(r"(?:^\|.*\n)+", text, re.M)
    assert len(tables) > 10
    for table in tables:
        columns = {len(re.findall(r"(?<!\\)\|", line)) - 1 for line in table.splitlines()}
        assert len(columns) == 1
        assert max(columns) <= 5
    words = [word for table in tables for word in re.split(r"[\s|]+", table)]
    assert max(map(len, words)) < 40  # what no line break parts


def test_an_older_report_without_the_notes_of_a_run_is_still_written(found, tmp_path):
    found["parity"] = None
    write_report(found, tmp_path)
    assert "not recorded" in (tmp_path / "report.md").read_text(encoding="utf-8")
