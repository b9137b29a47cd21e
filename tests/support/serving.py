"""The exporter's HTTP server on loopback, in a thread of its own, and clients good and bad."""

import asyncio
import gzip
import http.client
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from alignwatch.branches import NO_BRANCHES
from alignwatch.metrics.page import Page
from alignwatch.settings import Settings, Web
from alignwatch.web.page.view import View
from alignwatch.web.server import LIMITS, Content, Limits, serving

PLAIN_TEXT = b"# TYPE up gauge\nup 1\n"
OPENMETRICS_TEXT = PLAIN_TEXT + b"# EOF\n"
LOOPBACK = "127.0.0.1:0"
PATIENCE = 20.0
"""Seconds after which a test gives up on the server."""


def page_of(plain: bytes) -> Page:
    """A page with a given text format."""
    openmetrics = plain + b"# EOF\n"
    return Page(0.0, gzip.compress(plain, mtime=0), gzip.compress(openmetrics, mtime=0))


CONTENT = Content(
    page=lambda: page_of(PLAIN_TEXT),
    ready=lambda: None,
    status=lambda: b'{"verdict":"healthy"}',
    branches=lambda: NO_BRANCHES,
    view=lambda: View(Settings()),
)


def content_with(plain: bytes) -> Content:
    """Content whose page has a given text format."""
    page = page_of(plain)
    return replace(CONTENT, page=lambda: page)


@dataclass(frozen=True)
class Reply:
    """A response; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def read_from(cls, connection: http.client.HTTPConnection) -> "Reply":
        """The response to the request just sent."""
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return cls(response.status, headers, response.read())


@dataclass(frozen=True)
class Site:
    """A server that runs."""

    addresses: tuple[str, ...]

    @property
    def where(self) -> tuple[str, int]:
        """Host and port of its first address."""
        parts = urlsplit(self.addresses[0])
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def connect(self, receive_buffer: int | None = None) -> socket.socket:
        """A bare connection; with a small receive buffer the server soon has to wait."""
        client = socket.socket()
        if receive_buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(PATIENCE)
        client.connect(self.where)
        return client

    def connection(self, context: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
        """A connection that speaks HTTP; with a context, over TLS."""
        if context is None:
            return http.client.HTTPConnection(*self.where, timeout=PATIENCE)
        return http.client.HTTPSConnection(*self.where, timeout=PATIENCE, context=context)

    def ask(
        self,
        path: str = "/metrics",
        method: str = "GET",
        context: ssl.SSLContext | None = None,
        body: bytes | None = None,
        **headers: str,
    ) -> Reply:
        """The answer to one request on a connection of its own; ``accept_encoding`` is Accept-Encoding."""
        connection = self.connection(context)
        # http.client would ask for "identity" by itself.
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        try:
            return Reply.read_from(connection)
        finally:
            connection.close()


@contextmanager
def running(content: Content = CONTENT, web: Web | None = None, limits: Limits = LIMITS) -> Iterator[Site]:
    """Serves for as long as the block runs."""
    web = web or Web(listen_addresses=(LOOPBACK,))
    started: list[Site] = []
    failed: list[BaseException] = []
    stopping: list[Callable[[], object]] = []
    ready = threading.Event()

    async def serve() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        stopping.append(lambda: loop.call_soon_threadsafe(ended.set))
        async with serving(content, web, limits) as addresses:
            started.append(Site(addresses))
            ready.set()
            await ended.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(PATIENCE)
    if failed:
        raise failed[0]
    try:
        yield started[0]
    finally:
        stopping[0]()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the server did not stop"
    if failed:
        raise failed[0]


def scrape(client: socket.socket, request: bytes = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n") -> bytes:
    """The body of the answer to one request on a bare connection."""
    client.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += more_from(client)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += more_from(client)
    return body


def more_from(client: socket.socket) -> bytes:
    """What comes next; fails the test when the server ends the connection instead."""
    data = client.recv(1 << 20)
    assert data, "the server has ended the connection"
    return data


def is_closed(client: socket.socket) -> bool:
    """Whether the server ends the connection, as soon as it does; False if it sends something instead."""
    with suppress(ConnectionError):
        return client.recv(1) == b""
    return True


def is_reset(client: socket.socket) -> bool:
    """Whether the server throws away what it had to send, as soon as it does; nothing is read meanwhile."""
    ends = select.poll()
    ends.register(client, 0)
    return bool(ends.poll(20_000))


def everything_from(client: socket.socket) -> bytes:
    """What the server sends until it ends the connection in one way or another."""
    received = []
    with suppress(ConnectionError, ssl.SSLEOFError):
        while data := client.recv(1 << 20):
            received.append(data)
    return b"".join(received)
