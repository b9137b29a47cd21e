import asyncio
import base64
import gc
import logging
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import bcrypt
import pytest

from alignwatch.errors import UsageError
from alignwatch.settings import Web
from alignwatch.web.basic_auth import BasicAuth
from alignwatch.web.configuration import Access, read
from alignwatch.web.server import LIMITS, Limits
from support.certificates import encrypted, self_signed
from support.serving import (
    CONTENT,
    LOOPBACK,
    PLAIN_TEXT,
    Site,
    content_with,
    is_closed,
    is_reset,
    running,
)
from support.waiting import wait_until


def hashed(password: bytes, cost: int = 4) -> str:
    return bcrypt.hashpw(password, bcrypt.gensalt(cost)).decode()


SECRET = hashed(b"secret")


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def replace_file(path: Path, text: str) -> None:
    """Writes a file that is seen to differ, however coarse the clock of the file system."""
    fresh = path.with_name("fresh")
    fresh.write_text(text)
    fresh.replace(path)


@contextmanager
def guarded(file: Path, limits: Limits = LIMITS, max_requests: int = 40) -> Iterator[Site]:
    web = Web(listen_addresses=(LOOPBACK,), config_file=str(file), max_requests=max_requests)
    with running(CONTENT, web, limits) as site:
        yield site


def trusting(*certificates: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for certificate in certificates:
        context.load_verify_locations(certificate)
    return context


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "web.yml"
    path.write_text(f"basic_auth_users:\n  alice: {SECRET}\n")
    return path


@pytest.fixture
def tls_file(tmp_path: Path) -> Path:
    self_signed(tmp_path, "server")
    path = tmp_path / "web.yml"
    path.write_text("tls_server_config: {cert_file: server.pem, key_file: server.key}\n")
    return path


class TestFile:
    def test_an_empty_file_asks_for_nothing(self, file: Path) -> None:
        file.write_text("# nothing yet\nbasic_auth_users:\ntls_server_config:\nhttp_server_config:\n")
        with guarded(file) as site:
            assert site.ask().body == PLAIN_TEXT

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "basic_auth_user: {}",
                "unknown field `basic_auth_user`; supported are tls_server_config (cert_file",
            ),
            ("rate_limit: {burst: 1}", "unknown field `rate_limit`"),
            (
                "tls_server_config: {cert_file: a, key_file: b, client_allowed_sans: [x]}",
                "unknown field `client_allowed_sans` - at `$.tls_server_config`",
            ),
            ("tls_server_config: {cert_file: a}", "missing required field `key_file`"),
            ("tls_server_config: {cert_file: no.pem, key_file: no.key}", "cannot use"),
            (
                "tls_server_config: {cert_file: a, key_file: b, min_version: TLS10}",
                "Invalid enum value 'TLS10' - at `$.tls_server_config.min_version`",
            ),
            (
                "tls_server_config: {cert_file: a, key_file: b, client_auth_type: RequireAnyClientCert}",
                "Invalid enum value 'RequireAnyClientCert'",
            ),
            (
                "tls_server_config: {cert_file: a, key_file: b, client_auth_type: VerifyClientCertIfGiven}",
                "client_ca_file and a client_auth_type that verifies need each other",
            ),
            (
                "tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}",
                "client_ca_file and a client_auth_type that verifies need each other",
            ),
            (
                "basic_auth_users: {alice: secret}",
                "the password of 'alice' is not a bcrypt hash; make one with",
            ),
            ("basic_auth_users: {alice: 12}", "Expected `str`, got `int`"),
            (f"basic_auth_users: {{a: {SECRET}, a: {SECRET}}}", "given twice"),
            (
                "http_server_config: {headers: {X-Powered-By: us}}",
                "'X-Powered-By' cannot be set; choose from",
            ),
            (
                "http_server_config: {headers: {X-Frame-Options: maybe}}",
                "expected deny or sameorigin, not 'maybe'",
            ),
            (
                'http_server_config: {headers: {X-XSS-Protection: "1\\r\\nSet-Cookie: a"}}',
                "holds characters that no header can",
            ),
            ("basic_auth_users: [", "not YAML"),
            ("- a list", "Expected `object`, got `array`"),
        ],
    )
    def test_what_is_wrong_is_said_at_the_start(self, file: Path, text: str, message: str) -> None:
        file.write_text(text)
        with pytest.raises(UsageError) as error, guarded(file):
            pass
        assert str(error.value).startswith(str(file))
        assert message in str(error.value)
        assert "\n" not in str(error.value)

    def test_no_fault_shows_a_hash(self, file: Path) -> None:
        broken = SECRET[:-1]
        for text in (f"basic_auth_users: {{alice: {broken}}}", f"basic_auth_users: {{alice: {SECRET}"):
            file.write_text(text)
            with pytest.raises(UsageError) as error:
                read(file)
            assert broken[7:] not in str(error.value)

    def test_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(
            UsageError, match=r"cannot be read \(No such file or directory\); see web.config_file"
        ):
            read(tmp_path / "web.yml")
        (tmp_path / "web.yml").write_bytes(b"basic_auth_users: {caf\xe9: x}")
        with pytest.raises(UsageError, match="not UTF-8"):
            read(tmp_path / "web.yml")

    def test_certificates_that_cannot_be_used(self, tls_file: Path, tmp_path: Path) -> None:
        self_signed(tmp_path, "other")
        encrypted(tmp_path / "server.key", "secret")
        (tmp_path / "empty").touch()
        for key in ("other.key", "server.encrypted", "empty", "missing", "server.pem"):
            tls_file.write_text(f"tls_server_config: {{cert_file: server.pem, key_file: {key}}}")
            with pytest.raises(UsageError, match=f"cannot use .*server.pem with .*{key}: "):
                read(tls_file)
        tls_file.write_text(
            "tls_server_config: {cert_file: server.pem, key_file: server.key,"
            " client_auth_type: RequireAndVerifyClientCert, client_ca_file: empty}"
        )
        with pytest.raises(UsageError, match=r"client_ca_file: cannot use .*empty"):
            read(tls_file)

    def test_headers_are_added_to_every_response(self, file: Path) -> None:
        policy = "max-age=31536000"
        file.write_text(
            "http_server_config:\n  http2: false\n  headers:\n"
            f"    Strict-Transport-Security: {policy}\n"
            "    X-Frame-Options: sameorigin\n    X-XSS-Protection: ''\n"
        )
        with guarded(file) as site:
            for path in ("/", "/metrics", "/nowhere"):
                headers = site.ask(path).headers
                assert headers["strict-transport-security"] == policy
                assert headers["x-frame-options"] == "sameorigin"
                assert "x-xss-protection" not in headers


class TestUsers:
    @pytest.mark.parametrize(
        ("authorization", "status"),
        [
            (basic("alice", "secret"), 200),
            (basic("alice", "secret").replace("Basic", "bAsIc "), 200),
            (basic("alice", "Secret"), 401),
            (basic("alice", ""), 401),
            (basic("bob", "secret"), 401),
            (basic("", "secret"), 401),
            (basic("alice", "secret\0"), 401),
            (basic("alice", "x" * 1000), 401),
            ("Basic " + base64.b64encode(b"alice").decode(), 401),
            ("Basic ???", 401),
            ("Basic \xe9", 401),
            ("Basic", 401),
            ("Bearer " + basic("alice", "secret"), 401),
        ],
    )
    def test_only_a_known_user_with_the_right_password(
        self, file: Path, authorization: str, status: int
    ) -> None:
        with guarded(file) as site:
            for _ in range(2):
                assert site.ask(authorization=authorization).status == status

    def test_a_refusal_says_what_is_needed(self, file: Path) -> None:
        with guarded(file) as site:
            for path in ("/", "/metrics", "/-/healthy", "/nowhere"):
                reply = site.ask(path)
                assert reply.status == 401
                assert reply.headers["www-authenticate"] == 'Basic realm="alignwatch", charset="UTF-8"'

    def test_names_and_passwords_in_any_script(self, file: Path) -> None:
        file.write_text(f"basic_auth_users:\n  élodie: {hashed('пароль:1'.encode())}\n")
        with guarded(file) as site:
            assert site.ask(authorization=basic("élodie", "пароль:1")).status == 200

    def test_a_long_password_counts_as_far_as_bcrypt_looks(self, file: Path) -> None:
        file.write_text(f"basic_auth_users:\n  alice: {hashed(b'x' * 72)}\n")
        with guarded(file) as site:
            assert site.ask(authorization=basic("alice", "x" * 80)).status == 200
            assert site.ask(authorization=basic("alice", "x" * 71)).status == 401

    @pytest.mark.parametrize("prefix", ["$2a$", "$2y$"])
    def test_the_hashes_of_other_tools(self, file: Path, prefix: str) -> None:
        file.write_text(f"basic_auth_users:\n  alice: {prefix}{SECRET[4:]}\n")
        with guarded(file) as site:
            assert site.ask(authorization=basic("alice", "secret")).status == 200

    def test_verdicts_are_remembered(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        checks: list[tuple[bytes, bytes]] = []
        really = bcrypt.checkpw

        def checkpw(password: bytes, reference: bytes) -> bool:
            checks.append((password, reference))
            return really(password, reference)

        monkeypatch.setattr(bcrypt, "checkpw", checkpw)
        with guarded(file) as site:
            for _ in range(3):
                assert site.ask(authorization=basic("alice", "secret")).status == 200
                assert site.ask(authorization=basic("alice", "wrong")).status == 401
                assert site.ask(authorization=basic("eve", "secret")).status == 401
        assert [password for password, _ in checks] == [b"secret", b"wrong", b"secret"]
        # An unknown user costs what a known one does.
        assert [reference[:7] for _, reference in checks] == [SECRET[:7].encode()] * 3

    def test_guesses_do_not_push_out_the_right_password(self) -> None:
        auth, users = BasicAuth(), {b"alice": SECRET.encode()}

        async def use() -> None:
            assert await auth.check(users, basic("alice", "secret"))
            assert not await auth.check(users, "")
            for number in range(300):
                assert not await auth.check(users, basic("alice", str(number)))

        asyncio.run(use())
        assert auth.remembers(users, basic("alice", "secret")) is True
        assert auth.remembers(users, basic("alice", "299")) is False
        assert auth.remembers(users, basic("alice", "0")) is None
        assert auth.remembers({}, "") is False
        auth.close()

    def test_too_many_checks_at_once(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        begun, go_on = threading.Event(), threading.Event()

        def slow(password: bytes, reference: bytes) -> bool:
            begun.set()
            return go_on.wait(20) and password == b"secret"

        monkeypatch.setattr(bcrypt, "checkpw", slow)
        statuses: list[int] = []
        with guarded(file, max_requests=1) as site:
            first = threading.Thread(
                target=lambda: statuses.append(site.ask(authorization=basic("alice", "secret")).status)
            )
            first.start()
            assert begun.wait(20)
            refused = site.ask(authorization=basic("alice", "other"))
            assert (refused.status, refused.headers["retry-after"]) == (503, "1")
            assert site.ask().status == 401
            go_on.set()
            first.join()
            assert site.ask(authorization=basic("alice", "secret")).status == 200
        assert statuses == [200]


class TestTls:
    def test_served_over_tls(self, tls_file: Path, tmp_path: Path) -> None:
        with guarded(tls_file) as site:
            assert site.addresses[0].startswith("https://127.0.0.1:")
            connection = site.connection(trusting(tmp_path / "server.pem"))
            for _ in range(2):
                connection.request("GET", "/metrics")
                response = connection.getresponse()
                assert response.read() == PLAIN_TEXT
            assert isinstance(connection.sock, ssl.SSLSocket)
            assert connection.sock.version() == "TLSv1.3"
            connection.close()

    def test_oldest_and_newest_version(self, tls_file: Path, tmp_path: Path) -> None:
        tls_file.write_text(
            "tls_server_config:\n"
            "  {cert_file: server.pem, key_file: server.key, min_version: TLS12, max_version: TLS12}\n"
        )
        context = trusting(tmp_path / "server.pem")
        with guarded(tls_file) as site:
            assert site.ask(context=context).status == 200
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            with pytest.raises(ssl.SSLError):
                site.ask(context=context)

    @pytest.mark.parametrize(
        ("policy", "without"), [("RequireAndVerifyClientCert", False), ("VerifyClientCertIfGiven", True)]
    )
    def test_client_certificates(self, tls_file: Path, tmp_path: Path, policy: str, without: bool) -> None:
        for name in ("client", "stranger"):
            self_signed(tmp_path, name, name)
        tls_file.write_text(
            "tls_server_config: {cert_file: server.pem, key_file: server.key,"
            f" client_auth_type: {policy}, client_ca_file: client.pem}}"
        )

        def allowed(name: str | None) -> bool:
            context = trusting(tmp_path / "server.pem")
            if name:
                context.load_cert_chain(tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
            try:
                return site.ask(context=context).status == 200
            except OSError:
                return False

        with guarded(tls_file) as site:
            assert allowed("client")
            assert not allowed("stranger")
            assert allowed(None) is without

    def test_plain_http_is_not_answered(self, tls_file: Path, tmp_path: Path) -> None:
        with guarded(tls_file) as site:
            with site.connect() as client:
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
                assert b"HTTP" not in client.recv(65536)
            assert site.ask(context=trusting(tmp_path / "server.pem")).status == 200

    def test_handshakes_that_never_end_hold_up_nobody(self, tls_file: Path, tmp_path: Path) -> None:
        with guarded(tls_file) as site, ExitStack() as clients:
            for number in range(200):
                client = clients.enter_context(site.connect())
                if number % 2:
                    client.sendall(b"\x16\x03\x01")
            assert site.ask(context=trusting(tmp_path / "server.pem")).body == PLAIN_TEXT

    def test_a_handshake_that_never_ends_is_given_up(self, tls_file: Path) -> None:
        limits = replace(LIMITS, request_seconds=0.3)
        with guarded(tls_file, limits) as site, site.connect() as silent, site.connect() as begun:
            begun.sendall(b"\x16\x03\x01")
            assert is_closed(silent)
            assert is_closed(begun)

    def test_what_has_ended_holds_no_memory(self, tls_file: Path, tmp_path: Path) -> None:
        def held() -> int:
            return sum(type(one).__name__ in ("SSLProtocol", "_Connection") for one in gc.get_objects())

        context = trusting(tmp_path / "server.pem")
        gc.collect()
        gc.disable()
        try:
            with guarded(tls_file) as site:
                for _ in range(3):
                    with site.connect() as silent, site.connect() as wrong:
                        wrong.sendall(b"GET / HTTP/1.1\r\n\r\n")
                        silent.sendall(b"\x16\x03\x01")
                    with context.wrap_socket(site.connect(), server_hostname="localhost"):
                        assert site.ask(context=context).status == 200
                wait_until(lambda: held() == 0, "the server to forget its connections")
        finally:
            gc.enable()

    def test_it_stops_during_a_handshake(self, tls_file: Path) -> None:
        with ExitStack() as clients:
            with guarded(tls_file) as site:
                silent = clients.enter_context(site.connect())
                silent.sendall(b"\x16\x03\x01")
            assert is_closed(silent)

    def test_an_answer_that_nobody_reads_is_given_up(self, tls_file: Path, tmp_path: Path) -> None:
        limits = replace(LIMITS, answer_seconds=0.3, stop_seconds=0.2)
        web = Web(listen_addresses=(LOOPBACK,), config_file=str(tls_file))
        big = b"# a comment of about forty bytes or so\n" * 200_000
        trusted = trusting(tmp_path / "server.pem")
        with (
            running(content_with(big), web, limits) as site,
            trusted.wrap_socket(site.connect(4096), server_hostname="localhost") as client,
        ):
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            assert is_reset(client)


class TestReread:
    def test_users(self, file: Path) -> None:
        with guarded(file) as site:
            assert site.ask(authorization=basic("alice", "secret")).status == 200
            replace_file(file, f"basic_auth_users:\n  bob: {hashed(b'hidden')}\n")
            assert site.ask(authorization=basic("alice", "secret")).status == 401
            assert site.ask(authorization=basic("bob", "hidden")).status == 200

    def test_certificate(self, tls_file: Path, tmp_path: Path) -> None:
        with guarded(tls_file) as site:
            old = trusting(tmp_path / "server.pem")
            kept = site.connection(old)
            kept.request("GET", "/metrics")
            kept.getresponse().read()
            self_signed(tmp_path, "server")
            with pytest.raises(ssl.SSLCertVerificationError):
                site.ask(context=old)
            assert site.ask(context=trusting(tmp_path / "server.pem")).status == 200
            kept.request("GET", "/metrics")
            assert kept.getresponse().status == 200
            kept.close()

    def test_a_wrong_file_changes_nothing(self, file: Path, caplog: pytest.LogCaptureFixture) -> None:
        with guarded(file) as site:
            replace_file(file, "basic_auth_users: {alice: plain}\n")
            for _ in range(3):
                assert site.ask(authorization=basic("alice", "secret")).status == 200
            assert site.ask(authorization=basic("alice", "plain")).status == 401
            file.unlink()
            assert site.ask().status == 401
            replace_file(file, f"basic_auth_users:\n  bob: {SECRET}\n")
            assert site.ask(authorization=basic("bob", "secret")).status == 200
        faults = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        assert len(faults) == 2
        assert "the password of 'alice' is not a bcrypt hash" in faults[0]
        assert "cannot be read" in faults[1]

    def test_a_file_that_comes_late_heals_it(self, tls_file: Path, tmp_path: Path) -> None:
        with guarded(tls_file) as site:
            replace_file(tls_file, "tls_server_config: {cert_file: new.pem, key_file: new.key}\n")
            assert site.ask(context=trusting(tmp_path / "server.pem")).status == 200
            self_signed(tmp_path, "new")
            assert site.ask(context=trusting(tmp_path / "new.pem")).status == 200

    def test_tls_is_never_taken_away(
        self, tls_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with guarded(tls_file) as site:
            replace_file(tls_file, "")
            assert site.ask(context=trusting(tmp_path / "server.pem")).status == 200
        assert "tls_server_config cannot come or go while serving; restart" in caplog.text

    def test_what_did_not_change_is_not_read(self, file: Path) -> None:
        access = Access(file)
        os.utime(file, ns=(0, 0))
        access.headers()
        text, stamp = file.read_text(), file.stat()
        file.write_text("x" * len(text))
        os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        assert access.headers() == {}
        access.close()


def test_nothing_of_it_is_loaded_without_a_file() -> None:
    program = "import sys, alignwatch.web.server; print('bcrypt' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n"
