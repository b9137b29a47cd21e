import base64
import gc
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct

from alignwatch.errors import AlignwatchError, UsageError
from alignwatch.servers import http
from alignwatch.servers.http import Client, RefusalError
from alignwatch.settings import Server
from support.certificates import self_signed
from support.far_end import Answer, Request, far_end

SECRET = "open-sesame"


class Greeting(Struct):
    hello: str


def client(url: str, server: Server | None = None, timeout_seconds: float = 10) -> Client:
    return Client("Prometheus", "report.prometheus", url, server or Server(), timeout_seconds)


def greet(request: Request) -> Answer:
    return Answer(b'{"hello": "world", "more": 1}')


def get(url: str, server: Server | None = None, timeout_seconds: float = 10) -> str:
    with client(url, server, timeout_seconds) as asked:
        return asked.get("/api", {"query": "a b&c"}, Greeting).hello


def test_the_base_path_is_kept_and_the_query_is_escaped() -> None:
    with far_end(greet) as server:
        assert get(f"{server.url}/team/prometheus/") == "world"
        assert get(server.url) == "world"
    assert [request.path for request in server.requests] == ["/team/prometheus/api", "/api"]
    assert server.requests[0].query == {"query": "a b&c"}


def guarded(wanted: str) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        return greet(request) if request.headers.get("authorization") == wanted else Answer(status=401)

    return answer


def test_a_bearer_token_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    with far_end(guarded(f"Bearer {SECRET}")) as server:
        assert get(server.url, Server(bearer_token_file=str(tmp_path / "token"))) == "world"


def test_user_and_password_may_hold_any_character(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("pä:ss\n")
    wanted = base64.b64encode("üser:pä:ss".encode()).decode()
    with far_end(guarded(f"Basic {wanted}")) as server:
        assert get(server.url, Server(username="üser", password_file=str(tmp_path / "password"))) == "world"


def test_further_headers_are_sent() -> None:
    with far_end(greet) as server:
        get(server.url, Server(headers={"X-Scope-OrgID": "team-1"}))
    assert server.requests[0].headers["x-scope-orgid"] == "team-1"


def test_refused_credentials_name_the_remedy_and_no_secret(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(SECRET)
    with far_end(lambda request: Answer(status=401)) as server, pytest.raises(AlignwatchError) as caught:
        get(server.url, Server(bearer_token_file=str(tmp_path / "token"), headers={"X-Key": SECRET}))
    assert str(caught.value) == (
        f"Prometheus at {server.url} refuses: HTTP 401; give report.prometheus a bearer_token_file, "
        "or username and password_file"
    )


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(status=500), "refuses: HTTP 500"),
        (Answer(b"<html>Bad Gateway", status=502), "refuses: HTTP 502"),
        (
            Answer(b'{"status":"error","error":"parse\\n error \\u001b[2J"}', status=400),
            r"HTTP 400: parse error \x1b[2J",
        ),
        (Answer(b'{"code":400,"message":"bad matcher"}', status=400), "refuses: HTTP 400: bad matcher"),
        (Answer(status=404), "refuses: HTTP 404; is this its address, base path included?"),
        (
            Answer(status=302, headers={"Location": "https://elsewhere.invalid/login"}),
            "refuses: HTTP 302; set report.prometheus.url to where it moved",
        ),
        (Answer(b"<html>hello</html>"), "does not answer /api with JSON; is this its address"),
        (Answer(b""), "does not answer /api with JSON"),
        (Answer(b'{"hello": "\xff"}'), "does not answer /api with JSON"),
        (Answer(b'{"hello": NaN}'), "does not answer /api with JSON"),
        (
            Answer(b'{"hello": 1}'),
            "does not answer /api as it should (Expected `str`, got `int` - at `$.hello`)",
        ),
        (Answer(b"[]"), "does not answer /api as it should"),
        (Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n"), "does not speak HTTP as it should (SSH-2.0-OpenSSH_9.2"),
        (Answer(raw=b""), "does not speak HTTP as it should (Remote end closed connection without response)"),
        (
            Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
            "does not speak HTTP as it should (IncompleteRead(1 bytes read, 98 more expected))",
        ),
        (
            Answer(b"no gzip", headers={"Content-Encoding": "gzip"}),
            "does not speak HTTP as it should (Error -3 while decompressing data: incorrect header check)",
        ),
    ],
)
def test_each_way_to_fail_is_one_clear_line(answer: Answer, message: str) -> None:
    with far_end(lambda request: answer) as server, pytest.raises(AlignwatchError) as caught:
        get(server.url)
    assert str(caught.value).startswith(f"Prometheus at {server.url} ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [Answer(silent=True), Answer(trickle=True), Answer(raw=b"HTTP/1.1 200 OK\r\nX: ", trickle=True)],
)
def test_a_slow_server_is_given_up(answer: Answer) -> None:
    with far_end(lambda request: answer) as server, pytest.raises(AlignwatchError) as caught:
        get(server.url, timeout_seconds=1)
    assert "takes longer than 1 s; ask for less or raise report.timeout_seconds" in str(caught.value)
    # A connection that is left open is a warning, which fails the test, once it is thrown away.
    del caught
    gc.collect()


def test_an_endless_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST_ANSWER", 1000)
    with (
        far_end(lambda request: Answer(b"x" * 1001)) as server,
        pytest.raises(AlignwatchError, match="answers with more than"),
    ):
        get(server.url)


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(AlignwatchError, match=r"cannot be reached \(Connection refused\); is it running"):
            get(f"http://127.0.0.1:{taken.getsockname()[1]}")


@pytest.mark.parametrize("url", ["http://name.invalid", "http://127.0.0.1:99999", "http://[::"])
def test_an_address_that_leads_nowhere(url: str) -> None:
    with pytest.raises(AlignwatchError, match=rf"^Prometheus at {url.replace('[', '.')} ") as caught:
        get(url)
    assert "object at 0x" not in str(caught.value)


def test_tls_is_checked_against_our_own_authority(tmp_path: Path) -> None:
    ca, key = self_signed(tmp_path, "server")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(ca, key)
    with far_end(greet, tls) as server:
        assert get(server.url, Server(ca_file=str(ca))) == "world"
        with pytest.raises(
            AlignwatchError, match=r"fails over TLS \(.*self-signed certificate.*\); is it https"
        ):
            get(server.url)


@pytest.mark.parametrize(
    ("server", "message"),
    [
        (Server(bearer_token_file="{}/absent"), "bearer_token_file: cannot read .*absent: No such file"),
        (Server(bearer_token_file="{}/empty"), "bearer_token_file: .* must hold one line and nothing else"),
        (Server(bearer_token_file="{}/lines"), "bearer_token_file: .* must hold one line and nothing else"),
        (Server(bearer_token_file="{}/binary"), "bearer_token_file: .* is not text"),
        (Server(bearer_token_file="{}/greek"), "bearer_token_file: no header may have this name or value"),
        (Server(username="u", password_file="{}/absent"), "password_file: cannot read"),
        (Server(username="u"), "username and password_file go together"),
        (Server(password_file="{}/good"), "username and password_file go together"),
        (
            Server(bearer_token_file="{}/good", username="u", password_file="{}/good"),
            "bearer_token_file and username exclude each other",
        ),
        (Server(headers={"X-Key": f"{SECRET}\r\nHost: elsewhere"}), "headers.X-Key: no header may have"),
        (Server(headers={"X Key": SECRET}), "headers.X Key: no header may have"),
        (
            Server(ca_file="{}/absent"),
            "ca_file: .*absent holds no certificate that can be read .No such file",
        ),
        (Server(ca_file="{}/good"), "ca_file: .*good holds no certificate that can be read"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_key_and_never_shown(
    tmp_path: Path, server: Server, message: str
) -> None:
    for name, content in {
        "empty": b"\n",
        "lines": f"{SECRET}\n{SECRET}".encode(),
        "binary": b"\xff" + SECRET.encode(),
        "greek": f"{SECRET}λ".encode(),
        "good": SECRET.encode(),
    }.items():
        (tmp_path / name).write_bytes(content)
    paths = {
        key: value.format(tmp_path)
        for key in ("bearer_token_file", "password_file", "ca_file")
        if (value := getattr(server, key)) is not None
    }
    with pytest.raises(UsageError, match=f"^report.prometheus.?.*{message}") as caught:
        client("http://127.0.0.1", Server(username=server.username, headers=server.headers, **paths))
    assert SECRET not in str(caught.value)


def test_json_goes_there_and_comes_back() -> None:
    with far_end(greet) as server, client(f"{server.url}/base") as asked:
        assert asked.post("/api", {"ä": [1]}, Greeting).hello == "world"
        asked.send("/api", ["x"])
        asked.delete("/api/1")
    assert [(request.method, request.path, request.body) for request in server.requests] == [
        ("POST", "/base/api", '{"ä":[1]}'.encode()),
        ("POST", "/base/api", b'["x"]'),
        ("DELETE", "/base/api/1", b""),
    ]
    assert server.requests[0].headers["content-type"] == "application/json"


def test_an_answer_that_is_no_json() -> None:
    with far_end(lambda request: Answer(b"up 1 \xff\n")) as server, client(server.url) as asked:
        assert asked.text("/metrics") == "up 1 \ufffd\n"


@pytest.mark.parametrize("body", [b'"bad label"', b'{"message": "bad label"}', b'{"error": "bad label"}'])
def test_a_refusal_has_its_status_and_its_words(body: bytes) -> None:
    with far_end(lambda request: Answer(body, status=400)) as server, client(server.url) as asked:
        for ask in (lambda: asked.send("/api", {}), lambda: asked.delete("/api"), lambda: asked.text("/api")):
            with pytest.raises(RefusalError, match=r"refuses: HTTP 400: bad label$") as caught:
                ask()
            assert caught.value.status == 400


def test_one_request_may_have_less_time_and_the_key_of_the_limit_is_named() -> None:
    with far_end(lambda request: Answer(silent=True)) as server:
        asked = Client("Alertmanager", "report.alertmanager", server.url, Server(), 10, "alerts.some_limit")
        with asked, pytest.raises(AlignwatchError, match=r"longer than 0.5 s; .* raise alerts.some_limit$"):
            asked.get("/api", {}, Greeting, 0.5)
