"""Ports of the scoring, if what they need is here."""

import pytest

from cxr_edge_bench.ports.port import MissingPort


def ready(make, *arguments):
    """What `make` gives; the test is skipped, and says why, if a program or library is missing."""
    try:
        return make(*arguments)
    except MissingPort as missing:
        pytest.skip(str(missing))
