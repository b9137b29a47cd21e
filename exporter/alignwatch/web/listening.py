"""From configured addresses to listening sockets, and back to the addresses that clients use."""

import socket

from alignwatch.errors import AlignwatchError, UsageError

_BACKLOG = 1024
_SEND_BUFFER = 64 * 1024
"""Bytes. The kernel would otherwise hold megabytes of an answer for a client that does not read."""
_KEY = "web.listen_addresses"


def listen(address: str) -> socket.socket:
    """Listens on ``host:port`` or ``[v6]:port``; no host is every interface, port 0 a free port.

    As with Go's exporters, a name that has several addresses is listened on at the first, and every
    interface means IPv4 and IPv6.

    Raises:
        UsageError: there is no such address.
        AlignwatchError: it cannot be had, for example because it is in use.
    """
    host, _, port = address.rpartition(":")
    if int(port) > 65535:
        raise UsageError(f"{_KEY}: {address}: a port is at most 65535")
    try:
        listener = _socket(host.removeprefix("[").removesuffix("]"), int(port))
    except socket.gaierror as error:
        raise UsageError(f"{_KEY}: {address}: {error.strerror}") from error
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise AlignwatchError(f"cannot listen on {address}: {reason}; see {_KEY}") from error
    # Accepted connections inherit both. Without the first, a body waits for its headers' acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    listener.setblocking(False)
    return listener


def base_address(listener: socket.socket, scheme: str) -> str:
    """Where a client finds it, such as ``http://127.0.0.1:9847``."""
    host, port, *_ = listener.getsockname()
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _socket(host: str, port: int) -> socket.socket:
    if host in ("", "::") and socket.has_dualstack_ipv6():
        everywhere = ("::", port)
        return socket.create_server(everywhere, family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG)
    name = (host or "0.0.0.0").encode()  # noqa: S104 (asked for)
    # Given as text it would bring in the tables of international names, which stay.
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    # IPv4 first, as "localhost" is meant.
    family, _, _, _, where = min(found, key=lambda one: one[0] != socket.AF_INET)
    return socket.create_server(where, family=family, backlog=_BACKLOG)
