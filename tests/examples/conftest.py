"""The JavaScript examples with their libraries from npm, made ready once."""

import pytest

from cxr_edge_bench.ports import javascript_examples
from examples.made_ready import ready


@pytest.fixture(scope="session")
def examples_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("javascript")


@pytest.fixture(scope="session")
def site(examples_folder):
    """The folder of the browser's page."""
    return ready(javascript_examples.assembled, examples_folder)


@pytest.fixture(scope="session", params=["node", "browser"])
def port(request, examples_folder):
    return ready(getattr(javascript_examples, request.param), examples_folder)
