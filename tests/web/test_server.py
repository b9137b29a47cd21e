import gzip
import logging
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignwatch.errors import AlignwatchError, UsageError
from alignwatch.settings import Web
from alignwatch.web.server import LIMITS
from support.pages import answer
from support.serving import (
    CONTENT,
    LOOPBACK,
    OPENMETRICS_TEXT,
    PLAIN_TEXT,
    Reply,
    Site,
    content_with,
    everything_from,
    is_closed,
    is_reset,
    more_from,
    running,
    scrape,
)
from support.waiting import wait_until

BIG = b"# a comment of about forty bytes or so\n" * 200_000
"""More than the kernel buffers for a client that does not read."""
GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
IMPATIENT = replace(LIMITS, request_seconds=0.3, answer_seconds=0.3, keep_alive_seconds=1)
LESS_IMPATIENT = replace(IMPATIENT, request_seconds=2, answer_seconds=2)
"""For those who have to be quick enough once."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running() as site:
        yield site


@pytest.mark.parametrize(
    ("path", "status", "content_type", "body"),
    [
        ("/", 200, "text/html; charset=utf-8", answer(CONTENT.view()).body),
        ("/-/healthy", 200, "text/plain; charset=utf-8", b"healthy\n"),
        ("/-/ready", 200, "text/plain; charset=utf-8", b"ready\n"),
        ("/api/v1/status", 200, "application/json", CONTENT.status()),
        ("/api/v1/branches?limit=3", 200, "application/json", b"[]"),
        ("/api/v1/collisions?limit=3", 200, "application/json", b"[]"),
        ("/api/v1/events?event=emptied&limit=3", 200, "application/json", b"[]"),
        ("/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", PLAIN_TEXT),
        ("/%6detrics", 200, "text/plain; version=0.0.4; charset=utf-8", PLAIN_TEXT),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_routes(site: Site, path: str, status: int, content_type: str, body: bytes, method: str) -> None:
    reply = site.ask(path, method)
    assert (reply.status, reply.headers["content-type"]) == (status, content_type)
    assert reply.headers["content-length"] == str(len(body))
    assert reply.headers["cache-control"] == ("no-cache" if path == "/" or "limit" in path else "no-store")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "date" in reply.headers
    assert "server" not in reply.headers
    assert reply.body == (body if method == "GET" else b"")


@pytest.mark.parametrize("path", ["/nowhere", "/metrics/", "//metrics", "/../metrics", "/%00", "/%ff"])
def test_unknown_path(site: Site, path: str) -> None:
    reply = site.ask(path)
    assert (reply.status, reply.headers["content-type"]) == (404, "text/plain; charset=utf-8")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_only_reading_is_allowed(site: Site, method: str) -> None:
    reply = site.ask("/metrics", method)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


def test_the_page_for_people_allows_nothing_from_elsewhere(site: Site) -> None:
    headers = site.ask("/").headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "deny"


@pytest.mark.parametrize(
    ("accept", "encoding", "content_type", "body"),
    [
        ("", "", "text/plain; version=0.0.4; charset=utf-8", PLAIN_TEXT),
        ("", "gzip", "text/plain; version=0.0.4; charset=utf-8", gzip.compress(PLAIN_TEXT, mtime=0)),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
            "",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            OPENMETRICS_TEXT,
        ),
        (
            "application/openmetrics-text",
            "gzip",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            gzip.compress(OPENMETRICS_TEXT, mtime=0),
        ),
        (
            "application/openmetrics-text;version=abc;q=x",
            "gzip;q=y",
            "text/plain; version=0.0.4; charset=utf-8",
            PLAIN_TEXT,
        ),
    ],
)
def test_form_of_the_metrics(site: Site, accept: str, encoding: str, content_type: str, body: bytes) -> None:
    reply = site.ask(accept=accept, accept_encoding=encoding)
    assert reply.status == 200
    assert reply.headers["content-type"] == content_type
    assert reply.headers["vary"] == "Accept, Accept-Encoding"
    compressed = reply.headers.get("content-encoding") == "gzip"
    assert compressed is body.startswith(b"\x1f\x8b")
    assert (gzip.decompress(reply.body) if compressed else reply.body) in (PLAIN_TEXT, OPENMETRICS_TEXT)
    assert compressed or reply.body == body


def test_accept_in_several_lines(site: Site) -> None:
    with site.connect() as client:
        client.sendall(GET[:-2] + b"Accept: text/plain;q=0.1\r\nAccept: application/openmetrics-text\r\n\r\n")
        assert b"application/openmetrics-text; version=1.0.0" in client.recv(65536)


def test_nothing_measured_yet() -> None:
    with running(replace(CONTENT, page=lambda: None)) as site:
        reply = site.ask()
        assert (reply.status, reply.body) == (503, b"nothing has been measured yet\n")
        assert site.ask("/-/healthy").status == 200


def test_not_ready_says_why() -> None:
    with running(replace(CONTENT, ready=lambda: "fsck of caf\udce9 is too old")) as site:
        reply = site.ask("/-/ready")
        assert (reply.status, reply.body) == (503, b"fsck of caf\\udce9 is too old\n")


def test_other_telemetry_path() -> None:
    with running(web=Web(listen_addresses=(LOOPBACK,), telemetry_path="/git/metrics")) as site:
        assert site.ask("/git/metrics").body == PLAIN_TEXT
        assert site.ask("/metrics").status == 404


def test_a_fault_of_ours_is_one_failed_request(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> bytes:
        raise RuntimeError("broken on purpose")

    with running(replace(CONTENT, status=fail)) as site:
        assert site.ask("/api/v1/status").status == 500
        assert site.ask().status == 200
    assert "broken on purpose" in caplog.text


def test_one_connection_many_scrapes(site: Site) -> None:
    connection = site.connection()
    for _ in range(3):
        connection.request("GET", "/metrics")
        assert Reply.read_from(connection).body == PLAIN_TEXT
    connection.close()


def test_pipelined_requests(site: Site) -> None:
    with site.connect() as client:
        client.sendall(GET * 3)
        received = b""
        while received.count(PLAIN_TEXT) < 3:
            received += more_from(client)
    assert received.count(b"HTTP/1.1 200 ") == 3


def test_http_1_0(site: Site) -> None:
    with site.connect() as client:
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.endswith(PLAIN_TEXT)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_body_is_not_read(site: Site, method: str) -> None:
    reply = site.ask(method=method, body=b"x" * 1000)
    assert reply.status == (200 if method == "GET" else 405)
    assert reply.headers["connection"] == "close"


def test_an_endless_body_ends_the_connection(site: Site) -> None:
    with site.connect() as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(ConnectionError):
            while True:
                client.sendall(b"3e8\r\n" + b"x" * 1000 + b"\r\n")


class TestAddresses:
    def test_several(self) -> None:
        with running(web=Web(listen_addresses=(LOOPBACK, "localhost:0", "[::1]:0"))) as site:
            assert len({address.rpartition(":")[2] for address in site.addresses}) == 3
            assert site.addresses[0].startswith("http://127.0.0.1:")
            assert site.addresses[1].startswith("http://127.0.0.1:")
            assert site.addresses[2].startswith("http://[::1]:")
            for address in site.addresses:
                assert Site((address,)).ask().status == 200

    @pytest.mark.parametrize("address", [":0", "[::]:0"])
    def test_every_interface(self, address: str) -> None:
        with running(web=Web(listen_addresses=(address,))) as site:
            port = site.where[1]
            for host in ("127.0.0.1", "[::1]"):
                assert Site((f"http://{host}:{port}",)).ask().status == 200

    def test_every_interface_of_a_machine_without_ipv6(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
        with running(web=Web(listen_addresses=(":0",))) as site:
            assert Site((f"http://127.0.0.1:{site.where[1]}",)).ask().status == 200

    def test_in_use(self, site: Site) -> None:
        address = "{}:{}".format(*site.where)
        with (
            pytest.raises(
                AlignwatchError, match=rf"cannot listen on {address}: Address already in use; see web"
            ),
            running(web=Web(listen_addresses=(LOOPBACK, address))),
        ):
            pass

    @pytest.mark.parametrize(("address", "reason"), [("127.0.0.1:70000", "65535"), ("no.invalid:0", "known")])
    def test_impossible(self, address: str, reason: str) -> None:
        with (
            pytest.raises(UsageError, match=rf"web.listen_addresses: {address}: .*{reason}"),
            running(web=Web(listen_addresses=(address,))),
        ):
            pass


def descriptors() -> int:
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


class TestManyClients:
    def test_a_thousand_idle_connections(self, site: Site) -> None:
        before = descriptors()
        with ExitStack() as clients:
            for _ in range(1000):
                clients.enter_context(site.connect())
            assert site.ask().body == PLAIN_TEXT
        # The tests that follow need not share the server with them.
        wait_until(lambda: descriptors() <= before, "the server to have noticed their end")

    def test_the_longest_idle_gives_way(self) -> None:
        with running(limits=replace(LIMITS, connections=3)) as site, ExitStack() as clients:
            first, second, third = (clients.enter_context(site.connect()) for _ in range(3))
            assert scrape(first) == PLAIN_TEXT
            assert site.ask().body == PLAIN_TEXT
            assert is_closed(second)
            assert scrape(third) == PLAIN_TEXT
            assert scrape(first) == PLAIN_TEXT

    def test_no_descriptor_left(self, caplog: pytest.LogCaptureFixture) -> None:
        with running() as site, socket.socket() as client:
            client.settimeout(20)
            limit = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, limit[1]))
            try:
                client.connect(site.where)
                client.sendall(GET)
                wait_until(lambda: "cannot accept connections" in caplog.text, "the warning")
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limit)
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")

    def test_the_descriptor_limit_is_raised(self) -> None:
        program = (
            "import resource\n"
            "soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
            "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))\n"
            "from support.serving import running\n"
            "with running(): print(resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=Path(__file__).parents[1], capture_output=True, text=True
        )
        assert done.stdout == "True\n", done.stderr


class TestSlowClients:
    def test_a_connection_without_a_request_is_closed(self) -> None:
        with running(limits=IMPATIENT) as site, site.connect() as client:
            assert is_closed(client)

    def test_a_request_sent_byte_by_byte_is_given_up(self) -> None:
        with (
            running(limits=IMPATIENT) as site,
            site.connect() as client,
            pytest.raises(ConnectionError),
        ):
            for byte in GET[:-2] + b"X: " + b"x" * 10_000:
                client.sendall(bytes([byte]))
                time.sleep(0.01)

    def test_a_second_request_sent_slowly_is_given_up(self) -> None:
        with running(limits=replace(LESS_IMPATIENT, keep_alive_seconds=60)) as site, site.connect() as client:
            assert scrape(client) == PLAIN_TEXT
            client.sendall(GET[:10])
            assert is_closed(client)

    def test_an_idle_connection_is_kept_between_scrapes(self) -> None:
        limits = replace(LIMITS, request_seconds=3, answer_seconds=3)
        with running(limits=limits) as site, site.connect() as client:
            assert scrape(client) == PLAIN_TEXT
            time.sleep(3.5)
            assert scrape(client) == PLAIN_TEXT

    def test_an_idle_connection_is_closed_in_the_end(self) -> None:
        with running(limits=LESS_IMPATIENT) as site, site.connect() as client:
            assert scrape(client) == PLAIN_TEXT
            assert is_closed(client)

    @pytest.mark.parametrize("close", [b"", b"Connection: close\r\n"])
    def test_an_answer_that_nobody_reads_is_given_up(self, close: bytes) -> None:
        with running(content_with(BIG), limits=IMPATIENT) as site, site.connect(4096) as client:
            client.sendall(GET[:-2] + close + b"\r\n")
            assert is_reset(client)

    def test_a_small_window_gets_everything(self) -> None:
        with running(content_with(BIG)) as site, site.connect(65536) as client:
            assert scrape(client) == BIG
            assert scrape(client) == BIG

    def test_scrapes_go_on_beside_slow_clients(self) -> None:
        with running(content_with(BIG)) as site, ExitStack() as clients:
            for _ in range(60):
                clients.enter_context(site.connect(4096)).sendall(GET)
                clients.enter_context(site.connect()).sendall(GET[:20])
            assert site.ask("/-/healthy").status == 200
            assert site.ask().body == BIG

    def test_the_answer_waiting_longest_gives_way(self) -> None:
        web = Web(listen_addresses=(LOOPBACK,), max_requests=2)
        with running(content_with(BIG), web) as site, ExitStack() as clients:
            first, second = (clients.enter_context(site.connect(4096)) for _ in range(2))
            for client in (first, second):
                client.sendall(GET)
                assert client.recv(1)
            assert site.ask("/-/healthy").status == 200
            assert len(everything_from(first)) < len(BIG)
            second.sendall(GET[:-2] + b"Connection: close\r\n\r\n")
            assert everything_from(second).count(BIG) == 2

    def test_a_client_that_vanishes_in_the_middle(self, caplog: pytest.LogCaptureFixture) -> None:
        with running(content_with(BIG)) as site:
            for _ in range(5):
                with site.connect(4096) as client:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    client.sendall(GET)
                    assert client.recv(1)
            assert site.ask("/-/healthy").status == 200
        assert caplog.text == ""


class TestHostileClients:
    @pytest.mark.parametrize(
        "request_",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500,
            b"\r\n\r\n garbage \0\xff\r\n\r\n",
            b"GET /metrics HTTP/1.1\r\n\r\n",
            b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"GET /m\xc3\xa9trics HTTP/1.1\r\nHost: x\r\n\r\n",
        ],
    )
    def test_what_is_not_http_is_refused(self, site: Site, request_: bytes) -> None:
        with site.connect() as client:
            client.sendall(request_)
            assert everything_from(client).startswith(b"HTTP/1.1 400 ")
        assert site.ask().status == 200

    def test_headers_without_end(self, site: Site) -> None:
        with site.connect() as client:
            client.sendall(GET[:-2])
            with pytest.raises(ConnectionError):
                while True:
                    client.sendall(b"X: " + b"x" * 1000 + b"\r\n")
        assert site.ask().status == 200

    def test_garbage_after_a_request(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        with site.connect() as client:
            client.sendall(
                b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n\r\n"
            )
            everything_from(client)
        assert site.ask().status == 200
        assert caplog.text == ""

    def test_an_upgrade_is_ignored(self, site: Site) -> None:
        reply = site.ask(connection="Upgrade", upgrade="websocket")
        assert reply.status == 200

    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.one_of(
                st.binary(max_size=50),
                st.sampled_from(
                    [
                        GET,
                        b"GET / HTTP/1.1\r\n",
                        b"Host: x\r\n",
                        b"Content-Length: 5\r\n",
                        b"Transfer-Encoding: chunked\r\n",
                        b"Expect: 100-continue\r\n",
                        b"Upgrade: h2c\r\nConnection: Upgrade\r\n",
                        b"\r\n",
                        b"5\r\nhello\r\n0\r\n\r\n",
                    ]
                ),
            ),
            max_size=8,
        )
    )
    def test_whatever_comes(self, site: Site, caplog: pytest.LogCaptureFixture, parts: list[bytes]) -> None:
        with site.connect() as client:
            try:
                for part in parts:
                    client.sendall(part)
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # The server had enough.
            everything_from(client)
        assert site.ask("/-/healthy").status == 200
        assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


class TestStopping:
    def test_ends_with_connections_open(self) -> None:
        limits = replace(LIMITS, stop_seconds=0.2)
        with ExitStack() as clients:
            with running(content_with(BIG), limits=limits) as site:
                idle, partial, reading, kept = (clients.enter_context(site.connect(4096)) for _ in range(4))
                partial.sendall(GET[:10])
                reading.sendall(GET)
                assert reading.recv(1)
                assert scrape(kept, b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n") == b"healthy\n"
            assert is_closed(idle)
            assert is_closed(partial)
            assert is_closed(kept)
            with socket.socket() as late, pytest.raises(ConnectionRefusedError):
                late.connect(site.where)

    def test_an_answer_under_way_is_finished(self) -> None:
        bodies: list[bytes] = []
        with running(content_with(BIG), limits=replace(LIMITS, stop_seconds=20)) as site:
            client = site.connect(65536)
            client.sendall(GET)
            assert client.recv(1, socket.MSG_PEEK)
            reader = threading.Thread(target=lambda: bodies.append(scrape(client, b"")))
            reader.start()
        reader.join()
        assert bodies == [BIG]
        assert is_closed(client)
        client.close()
