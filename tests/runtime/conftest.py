"""Every test of the runtime runs with the network forbidden: any socket call is an error."""

import sys

import pytest

FORBIDDEN = {"now": False}


def _refuse_sockets(event, args):
    if FORBIDDEN["now"] and event.startswith("socket."):
        raise RuntimeError(f"the runtime asked for the network: {event}")


sys.addaudithook(_refuse_sockets)


@pytest.fixture(autouse=True)
def no_network():
    FORBIDDEN["now"] = True
    yield
    FORBIDDEN["now"] = False
