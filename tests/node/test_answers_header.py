"""The cleaned header: names in every script, broken values, and bytes that chance wrote."""

import logging
import shutil
import warnings

import pytest

pytest.importorskip("pydicom")
pytest.importorskip("highdicom")
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxr_edge_node.answering.header import ALWAYS, KEYWORDS, NoHeader, read_header
from cxr_edge_node.answering.picture import picture
from cxr_edge_node.answering.report import report
from cxr_edge_node.answering.which_films import is_own_answer, why_not
from dicom_film import SECRETS
from node.answer_cases import FILM, STUDY, answers, flaws, raw_film, received


def header_of(folder, **values):
    path = folder / "raw.dcm"
    path.write_bytes(raw_film(values))
    return read_header(path)


def test_a_well_formed_header_is_kept(tmp_path):
    header = read_header(received(tmp_path))
    assert (header.StudyInstanceUID, header.SOPInstanceUID, header.PatientName) == (STUDY, FILM, "MUSTERMANN^ERIKA")
    assert (header.StudyTime, header.PatientOrientation, header.Rows) == ("101112.5", ["L", "F"], 448)
    assert "PixelData" not in header
    assert "InstitutionName" in header
    assert set(header.dir()) <= {*KEYWORDS, "SpecificCharacterSet"}


JAPANESE = (
    "Yamada^Haruko=山田^春子=やまだ^はるこ"  # 春 has the byte of "=" in it, and 乗 that of a backslash in Chinese
)


@pytest.mark.parametrize(
    ("terms", "name", "codec"),
    [
        (b"ISO_IR 100", "Müller^Jörg", "latin-1"),
        (b"ISO-IR 100", "Müller^Jörg", "latin-1"),
        (b"ISO_IR 192", "Müller^Jörg=王^小东", "utf-8"),
        (b"GB18030", "Wang^XiaoDong=王^小东乗", "gb18030"),
        (b"ISO_IR 144", "Люкceмбypг", "iso8859_5"),
        (b"\\ISO 2022 IR 87", JAPANESE, "iso2022_jp"),
        (b"", "Muller^Jorg", "ascii"),
        (b"", "Müller^Jörg", "latin-1"),
        (b"", "Müller^Jörg", "utf-8"),  # not said, and yet
        (b"no such set", "王^小东", "utf-8"),
    ],
)
def test_names_come_out_of_report_and_picture_as_they_are(tmp_path, terms, name, codec):
    header = header_of(tmp_path, SpecificCharacterSet=terms, PatientName=name.encode(codec))
    for made in (report(header, answers()["refer"]), picture(header, answers()["refer"])):
        path = tmp_path / "made.dcm"
        made.save_as(path, enforce_file_format=True)
        stored = path.read_bytes()
        assert name.encode() in stored
        assert b"ISO_IR 192" in stored


def test_a_korean_name_of_three_character_sets(tmp_path):
    """The example of PS3.5 I.2."""
    switch, korean = b"\x1b$)C", "euc_kr"
    parts = (b"Hong^Gildong", switch + "洪".encode(korean) + b"^" + switch + "吉洞".encode(korean))
    parts += (switch + "홍".encode(korean) + b"^" + switch + "길동".encode(korean),)
    header = header_of(tmp_path, SpecificCharacterSet=b"\\ISO 2022 IR 149", PatientName=b"=".join(parts))
    assert str(header.PatientName) == "Hong^Gildong=洪^吉洞=홍^길동"


@pytest.mark.parametrize(
    ("keyword", "stored", "kept"),
    [
        ("PatientID", b"x" * 65, ""),
        ("PatientID", b"a\\b", ""),
        ("PatientID", b"a\x07b", ""),
        ("PatientID", b" 4711 ", "4711"),
        ("PatientName", b"a=b=c=d", ""),
        ("PatientName", b"a^b^c^d^e^f", ""),
        ("PatientName", b"\x1b$B;3", ""),
        ("PatientBirthDate", b"20220231", ""),
        ("PatientBirthDate", b"2022.02.01", ""),
        ("StudyTime", b"25", ""),
        ("StudyTime", b"10:11:12", ""),
        ("PatientSex", b"female", ""),
        ("AccessionNumber", b"x" * 17, ""),
        ("PatientAge", b"4Y", "004Y"),
        ("PatientAge", b"62", None),
        ("ViewPosition", b"Lateral (left)", "LATERAL _LEFT_"),
        ("PatientOrientation", b"L", None),
        ("PatientOrientation", b"L\\X", None),
        ("ImagerPixelSpacing", b"0.1\\nan", None),
        ("ImagerPixelSpacing", b"0.14\\0.14", [0.14, 0.14]),
        ("NumberOfFrames", b"-3", None),
        ("Rows", b"\x00\x02", 512),
        ("Rows", b"512", None),
        ("SeriesInstanceUID", b"1.2.03", "2.25."),
        ("BurnedInAnnotation", b"MAYBE", None),
        ("TimezoneOffsetFromUTC", b"+9999", None),
    ],
)
def test_broken_values_are_left_out_or_made_empty(tmp_path, keyword, stored, kept):
    with warnings.catch_warnings(record=True) as said:
        header = header_of(tmp_path, **{keyword: stored})
    assert not [w for w in said if "encod" not in str(w.message) and "escape" not in str(w.message)]
    if kept is None:
        assert keyword not in header
    elif keyword == "SeriesInstanceUID":
        assert header[keyword].value.startswith(kept)
    else:
        assert header[keyword].value == kept
    assert all(name in header for name in ALWAYS)


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SOPInstanceUID", "SOPClassUID"])
@pytest.mark.parametrize("stored", [b"", b"MUSTERMANN", b"1.2." + b"3" * 64, b"1.2.03"])
def test_without_its_uids_a_film_gets_no_answer(tmp_path, keyword, stored):
    with pytest.raises(NoHeader, match=keyword) as caught:
        header_of(tmp_path, **{keyword: stored})
    assert "MUSTERMANN" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"\0" * 200, b"\0" * 128 + b"DICM", b"JFIF" * 99, b"\0" * 128 + b"DICM\xff\xfe"])
def test_what_is_no_dicom_file_has_no_header(tmp_path, data):
    path = tmp_path / "MUSTERMANN.dcm"
    path.write_bytes(data)
    with pytest.raises(NoHeader) as caught:
        read_header(path)
    assert "MUSTERMANN" not in str(caught.value)


def test_a_deflated_object_is_not_inflated(tmp_path):
    path = received(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99")[:4000])
    with pytest.raises(NoHeader, match="deflated"):
        read_header(path)


def test_deeply_nested_sequences_are_refused(tmp_path):
    path = tmp_path / "raw.dcm"
    nested = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 5000
    path.write_bytes(raw_film({})[:-8] + nested)
    with pytest.raises(NoHeader):
        read_header(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


scraps = st.binary(max_size=80) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass"))
lists = st.lists(st.from_regex(rb"[A-Z0-9.+-]{0,17}", fullmatch=True), max_size=4).map(b"\\".join)
hostile = st.dictionaries(
    st.sampled_from(
        [k for k in KEYWORDS if k not in ("StudyInstanceUID", "SOPInstanceUID")] + ["SpecificCharacterSet"]
    ),
    scraps
    | lists
    | st.sampled_from([b"\\ISO 2022 IR 87", b"GB18030", b"1.2.840.10008.5.1.4.1.1.88.22", b"1", b"99999999"]),
    max_size=12,
)


def made_of(header, answer):
    assert all(isinstance(code, str) for code in why_not(header))
    assert not is_own_answer(header) or header.Manufacturer
    return [report(header, answer), *([picture(header, answer)] if answer.prediction else [])]


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=hostile, name=st.sampled_from(["refer", "not scored", "failed"]))
def test_whatever_a_machine_writes_answers_are_valid_and_nothing_is_quoted(folder, caplog, values, name):
    values = {**values, "PatientName": SECRETS[0].encode(), "PatientID": SECRETS[2].encode()}
    path = folder / "raw.dcm"
    path.write_bytes(raw_film(values))
    with warnings.catch_warnings(record=True) as said, caplog.at_level(logging.DEBUG):
        warnings.simplefilter("always")
        try:
            header = read_header(path)
        except NoHeader as error:
            refused = str(error)
            made = []
        else:
            refused = ""
            made = made_of(header, answers()[name])
        if shutil.which("dciodvfy"):
            assert [flaws(dataset, folder) for dataset in made] == [[]] * len(made)
    quoted = refused + caplog.text + "".join(str(warning.message) for warning in said)
    assert not any(secret in quoted for secret in SECRETS)
