"""An HTTP server that answers as a test says: with nonsense, slowly, over TLS."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

QUEUED = 1024
"""Connections that may wait until they are taken. With the usual five, some of those that come at once are
tried again seconds later, and whoever sends gives up, and sends a second time."""


@dataclass(frozen=True)
class Request:
    """What came in."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What goes out."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """Sent as it is instead, without any HTTP around it."""
    trickle: bool = False
    """A byte now and then, without end, after all else."""
    silent: bool = False
    """Nothing at all, until the test is over."""


@dataclass(frozen=True)
class FarEnd:
    """The server."""

    url: str
    requests: list[Request]


@contextmanager
def far_end(answer: Callable[[Request], Answer], tls: ssl.SSLContext | None = None) -> Iterator[FarEnd]:
    """Runs it on a free port of 127.0.0.1."""
    requests: list[Request] = []
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            request = Request(address.path, dict(parse_qsl(address.query)), headers, self.command, body)
            requests.append(request)
            self._send(answer(request))

        do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

        def _send(self, given: Answer) -> None:
            if given.silent:
                over.wait()
            elif given.raw is not None:
                self.wfile.write(given.raw)
            else:
                self.send_response(given.status)
                for name, value in given.headers.items():
                    self.send_header(name, value)
                if not given.trickle:
                    self.send_header("Content-Length", str(len(given.body)))
                self.end_headers()
                self.wfile.write(given.body)
            while given.trickle and not over.wait(0.02):
                self.wfile.write(b" ")

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = QUEUED

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that gives up is what some tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            scheme = "http" if tls is None else "https"
            yield FarEnd(f"{scheme}://127.0.0.1:{server.server_port}", requests)
        finally:
            over.set()
            server.shutdown()
            thread.join()
