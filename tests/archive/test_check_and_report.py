"""What is missing, double or unknown is named; and the page says where sites differ."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from archive.made_results import score_here, work_for
from cxr_edge.cli.main import main
from cxr_edge.errors import CxrEdgeError
from cxr_edge_archive.looking.completeness_check import check, hashes_of, in_words
from cxr_edge_archive.looking.sites import NOT_LISTED, Sites
from cxr_edge_archive.looking.tallies import BINS, count
from cxr_edge_archive.places import Stores


@pytest.fixture
def results(manifest, tiny_model, tmp_path):
    folder = tmp_path / "results"
    for done in score_here(work_for(manifest, folder, tiny_model)):
        assert done["failure"] == [""]
    return folder


def files(results):
    return sorted(results.glob("films-*.parquet"))


def test_complete_results_pass(manifest, results, capsys):
    assert main(["archive", "check", manifest, str(results)]) == 0
    assert capsys.readouterr().out.endswith("complete\n")
    assert main(["archive", "check", manifest, str(results), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["films"], found["results"], found["unique"], found["unreadable"]) == (12, 12, 12, 2)
    assert found["passed"] is True


def test_missing_films_are_named(manifest, results, capsys):
    lost = pq.read_table(files(results)[1])["uri"].to_pylist()
    files(results)[1].unlink()
    assert main(["archive", "check", manifest, str(results)]) == 1
    said = capsys.readouterr().out
    assert "missing: 5\n" in said
    assert all(uri in said for uri in lost)
    assert said.endswith("NOT complete\n")


def test_double_films_are_named(manifest, results):
    (results / "again.parquet").write_bytes(files(results)[2].read_bytes())
    found = check(manifest, str(results), Stores())
    assert (found.results, found.unique, found.double, found.missing, found.passed) == (14, 12, 2, 0, False)
    assert sorted(found.names["double"]) == sorted(pq.read_table(files(results)[2])["uri"].to_pylist())


def test_a_row_in_place_of_another_is_found_though_numbers_agree(manifest, results):
    table = pq.read_table(files(results)[0])
    uris = table["uri"].to_pylist()
    changed = table.set_column(0, "uri", pa.array(["file:///elsewhere.png", *uris[1:]]))
    pq.write_table(changed, files(results)[0])
    found = check(manifest, str(results), Stores())
    assert (found.films, found.results, found.unique) == (12, 12, 12)
    assert (found.names["missing"], found.names["unknown"]) == ([uris[0]], ["file:///elsewhere.png"])
    assert not found.passed
    assert "unknown: 1\n  file:///elsewhere.png" in in_words(found)


def test_answers_of_two_models_do_not_pass(manifest, results):
    table = pq.read_table(files(results)[0])
    at = table.column_names.index("model_sha256")
    pq.write_table(table.set_column(at, "model_sha256", pa.array(["f" * 64] * table.num_rows)), files(results)[0])
    found = check(manifest, str(results), Stores())
    assert len(found.models) == 2
    assert not found.passed


def test_a_damaged_file_is_named(manifest, results, capsys):
    files(results)[0].write_bytes(files(results)[0].read_bytes()[:-50])
    assert main(["archive", "check", manifest, str(results)]) == 2
    assert re.search(r"films-0000000-\w+\.parquet: found a damaged file", capsys.readouterr().err)


def test_hashes_differ_as_texts_do():
    texts = [f"s3://bucket/{number:07d}.png" for number in range(100_000)]
    assert len(np.unique(hashes_of(pa.array(texts)))) == len(texts)
    assert hashes_of(pa.array(texts[:3])).tolist() == hashes_of(pa.chunked_array([texts[:1], texts[1:3]])).tolist()


def test_sites_by_folder(films):
    uris = pa.array([(films / "south #1 100%" / "film 0.png").as_uri(), "s3://bucket/a/b/c.png", "s3://bucket/c.png"])
    assert Sites.of_folders(1).names(uris) == ["south #1 100%", "b", "bucket"]
    assert Sites.of_folders(2).names(uris)[1:] == ["a/b", "bucket"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_sites_by_column(tmp_path, kind):
    table = pa.table({"uri": [f"s3://b/{n}.png" for n in range(50)], "clinic": [f"c{n % 3}" for n in range(50)]})
    file = tmp_path / f"sites.{kind}"
    pyarrow.csv.write_csv(table, file) if kind == "csv" else pq.write_table(table, file)
    sites = Sites.of_column(str(file), "clinic", Stores())
    assert sites.names(pa.array(["s3://b/4.png", "s3://b/none.png", "s3://b/0.png"])) == ["c1", NOT_LISTED, "c0"]
    with pytest.raises(CxrEdgeError, match=r"(expected columns uri and|found no column) ward"):
        Sites.of_column(str(file), "ward", Stores())


def test_tallies_add_up(results):
    tallies = count(str(results), Sites.of_folders(1), Stores())
    assert tallies.whole.films == 12
    assert tallies.whole.unreadable == 2
    assert tallies.whole.probabilities.sum() == sum(tallies.whole.decisions.values()) == 10
    assert {name: tally.films for name, tally in tallies.by_site.items()} == {"north": 6, "south #1 100%": 6}
    north, south = tallies.by_site["north"].probabilities, tallies.by_site["south #1 100%"].probabilities
    assert north[: BINS // 2].sum() == 5
    assert south[BINS // 2 :].sum() >= 4


class Page(HTMLParser):
    """Tags with their attributes, and all text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.text += " " if tag in ("td", "th") else ""

    def handle_data(self, data):
        self.text += data


def drifted(results, films):
    """Many results of three sites: the third refers more, the fourth has few films."""
    (file, *others) = files(results)
    row = next(row for row in pq.read_table(file).to_pylist() if row["error"] is None)
    rows = []
    for site, share, number in (("a", 0.2, films), ("b", 0.2, films), ("<c>", 0.6, films), ("d", 1.0, 9)):
        for at in range(number):
            refer = at < share * number
            values = {"probability": 0.9 if refer else 0.1, "decision": "refer" if refer else "no finding"}
            rows.append({**row, **values, "uri": f"s3://bucket/{site}/{at}.png"})
    schema = pq.read_schema(file)
    pq.write_table(pa.Table.from_pylist(rows, schema), file)
    for other in others:
        other.unlink()


def test_the_page_shows_drift_and_needs_nothing_beside_it(results, tmp_path, capsys):
    drifted(results, 300)
    assert main(["archive", "report", str(results), "--out", str(tmp_path / "page.html")]) == 0
    assert "909 films of 4 sites" in capsys.readouterr().out
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert not [tag for tag, given in page.tags if tag in ("script", "img", "link") or "src" in given]
    assert all(given["href"].startswith("#") for tag, given in page.tags if tag == "a")
    assert re.search(r"<c>\s+300\s+refer: 60\.0 %, elsewhere 21\.2 %", page.text)
    assert re.search(r"\bd\s+9\s+only few films", page.text)
    assert "For research only" in page.text


def test_sites_alike_are_not_marked(results, tmp_path):
    drifted(results, 300)
    (file,) = files(results)
    table = pq.read_table(file)
    pq.write_table(table.filter(pa.compute.match_substring_regex(table["uri"], "/[ab]/")), file)
    main(["archive", "report", str(results), "--out", str(tmp_path / "page.html")])
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert len(re.findall(r"[ab]\s+300\s+nothing", page.text)) == 2


def test_by_and_sites_go_together(results, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["archive", "report", str(results), "--out", str(tmp_path / "page.html"), "--by", "clinic"])
    assert "--by and --sites go together" in capsys.readouterr().err
