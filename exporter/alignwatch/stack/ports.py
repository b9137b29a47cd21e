"""TCP ports of 127.0.0.1: which are free, which are listened on."""

import socket

LOOPBACK = "127.0.0.1"


def free_port(preferred: int) -> int:
    """The preferred TCP port if nobody listens on it, else one that the kernel picks.

    Another process can still take it before the server that it is meant for does; that server then says so.
    """
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As the servers themselves do: a connection of the last run that still lingers is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise AssertionError("the kernel found no free port")


def listens(port: int) -> bool:
    """Whether a server accepts connections on a TCP port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1.0):
            return True
    except OSError:
        return False
