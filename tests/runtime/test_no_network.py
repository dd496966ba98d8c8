import socket

import pytest


def test_the_guard_of_this_suite_works():
    with pytest.raises(RuntimeError, match="asked for the network"):
        socket.socket()
