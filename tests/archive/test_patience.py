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
    attempt = attempts(*[OSError("When reading 'secret.png': AWS Error SLOW_DOWN during GetObject: busy")] * 3)
    with pytest.raises(StorageFailure, match=r"^reading a film: found SLOW_DOWN during GetObject: busy; expected"):
        patiently(attempt, "reading a film", (0, 0))
    assert attempt.calls == 3


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
