import pytest

from cxr_edge import CxrEdgeError
from cxr_edge_node.settings import Archive, Caller, settings


def test_the_command_line_goes_before_the_file_and_the_file_before_the_defaults(tmp_path):
    file = tmp_path / "node.toml"
    file.write_text('spool = "spool"\naet = "FILE"\nport = 104\nallow = ["CR1@192.168.1.20"]\nkeep-days = 2\n')
    found = settings({"port": 11113, "aet": None}, file)
    assert (found.spool, found.aet, found.port, found.keep_days) == (tmp_path / "spool", "FILE", 11113, 2.0)
    assert found.allow == (Caller("CR1", "192.168.1.20"),)
    assert found.host == "127.0.0.1"


def test_destinations_are_named_as_they_were_given(tmp_path):
    found = settings(
        {
            "spool": tmp_path,
            "forward": ["PACS@10.0.0.5:104", "TWO@[::1]:4242"],
            "forward_web": ["http://10.0.0.5:8042/dicom-web/"],
        }
    )
    assert found.forward == (Archive("PACS", "10.0.0.5", 104), Archive("TWO", "::1", 4242))
    assert found.destinations == ("PACS@10.0.0.5:104", "TWO@::1:4242", "http://10.0.0.5:8042/dicom-web")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, "no spool folder"),
        ({"spool": "s", "allow": ["CR1"]}, "allow: found CR1;"),
        ({"spool": "s", "allow": ["CR1@somewhere"]}, "allow: found CR1@somewhere;"),
        ({"spool": "s", "forward": ["PACS@host"]}, "forward: found PACS@host;"),
        ({"spool": "s", "forward": ["PACS@host:0"]}, "forward: found PACS@host:0;"),
        ({"spool": "s", "forward_web": ["https://user:secret@host/"]}, "forward_web: found"),
        ({"spool": "s", "aet": "SEVENTEEN LETTERS"}, "aet: found"),
        ({"spool": "s", "aet": "A\\B"}, "aet: found"),
        ({"spool": "s", "port": "104"}, "port: found 104; expected a whole number"),
        ({"spool": "s", "port": True}, "port: found True; expected a whole number"),
        ({"spool": "s", "port": 70000}, "port: found 70000"),
        ({"spool": "s", "keep_days": -1}, "keep_days: found -1"),
        ({"spool": "s", "host": "0.0.0.0"}, "host: found 0.0.0.0 without allow"),
        ({"spool": "s", "host": "example.org"}, "host: found example.org; expected an address"),
        ({"spool": "s", "tls_certificate": "c.pem"}, "expected both or none"),
        ({"spool": "s", "forward_tls": True}, "no tls_authorities"),
        ({"spool": "s", "report": False, "image": False}, "neither report nor image"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(values, found):
    with pytest.raises(CxrEdgeError, match="expected") as caught:
        settings(values)
    assert found in str(caught.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [("prot = 1\n", "found prot; expected one of"), ("port = \n", "found no TOML"), (None, "No such file")],
)
def test_a_file_that_is_wrong_is_named(tmp_path, text, found):
    file = tmp_path / "node.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(CxrEdgeError, match=r"node\.toml") as caught:
        settings({"spool": tmp_path}, file)
    assert found in str(caught.value)
