"""What is tried again, and what is not."""

import pytest

from cxr_edge_archive.patience import StorageFailure, patiently


def attempts(*outcomes):
    """A function that raises or returns these, one a call, and counts its calls."""
    left = list(outcomes)

    def attempt():
        attempt.calls += 1
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    attempt.calls = 0
    return attempt


def test_a_failure_that_passes_is_not_noticed():
    attempt = attempts(OSError("AWS Error SLOW_DOWN"), OSError(5, "Input/output error"), "data")
    assert patiently(attempt, "reading a film", (0, 0)) == "data"


def test_one_that_lasts_is_said_without_the_film():
    message = "When reading 'secret.png': AWS Error SLOW_DOWN during GetObject operation: secret.png is busy"
    attempt = attempts(*[OSError(message)] * 3)
    with pytest.raises(
        StorageFailure,
        match=r"^reading a film: found AWS Error SLOW_DOWN during GetObject; expected storage that answers$",
    ):
        patiently(attempt, "reading a film", (0, 0))
    assert attempt.calls == 3


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(5, "Input/output error", "secret.png"), "found Input/output error;"),
        (OSError("google::cloud::Status(UNAVAILABLE: Permanent error GetObject: secret.png)"), "found UNAVAILABLE;"),
        (OSError("secret.png is in a bad mood"), "found an error;"),
    ],
)
def test_no_store_makes_a_name_slip_out(error, words):
    with pytest.raises(StorageFailure, match=words) as raised:
        patiently(attempts(error), "reading a film", ())
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("error", [FileNotFoundError(2, "x"), PermissionError(13, "x"), IsADirectoryError(21, "x")])
def test_what_is_the_matter_with_the_file_itself_is_said_at_once(error):
    attempt = attempts(error)
    with pytest.raises(type(error)):
        patiently(attempt, "reading a film", (0, 0))


def test_a_refusal_for_good_is_not_tried_again():
    attempt = attempts(OSError("x: AWS Error ACCESS_DENIED during HeadObject operation"))
    with pytest.raises(StorageFailure, match="ACCESS_DENIED"):
        patiently(attempt, "reading a film", (9, 9))
    assert attempt.calls == 1
