import socket

import pytest

from alignwatch.stack import ports
from alignwatch.stack.ports import free_port, listens

LOOPBACK = "127.77.1.1"
"""Nobody else takes a port there between two looks."""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "LOOPBACK", LOOPBACK)


def test_the_preferred_port_when_nobody_listens_there() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert listens(port)
        assert free_port(port) != port

    assert not listens(port)
    assert free_port(port) == port


def test_a_listener_on_all_interfaces_counts() -> None:
    with socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as taken:
        port = taken.getsockname()[1]

        assert free_port(port) != port


def test_a_connection_that_lingers_is_no_obstacle() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection((LOOPBACK, port))
        accepted, _ = server.accept()
        accepted.close()
        client.recv(1)
        client.close()

    assert free_port(port) == port
