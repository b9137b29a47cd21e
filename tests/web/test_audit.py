import json
import os
import select
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alignwatch.diagnostics.bundle.occasion import Occasions
from alignwatch.errors import UsageError
from alignwatch.journal.deliveries import SentAlert
from alignwatch.journal.store import Journal
from alignwatch.settings import Settings, Web
from alignwatch.web import audit as audit_module
from alignwatch.web.audit import LARGEST_BODY, Audit
from alignwatch.web.server import LIMITS
from support.notifications import TOKEN, audited, secret
from support.serving import CONTENT, LOOPBACK, Reply, Site, everything_from, is_closed, running
from support.waiting import wait_until

ALERT = {
    "status": "firing",
    "labels": {"alertname": "AlignmentX", "repository": 'a "ü"'},
    "annotations": {"summary": "It is so"},
    "startsAt": "2026-01-12T12:00:00.5Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "",
    "fingerprint": "f",
}
GONE = ALERT | {"status": "resolved", "endsAt": "2026-01-12T12:30:00Z"}
NOTIFICATION = {"version": "4", "receiver": "people", "status": "firing", "alerts": [ALERT, GONE]}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with audited(tmp_path) as site:
        yield site


def post(site: Site, body: object, token: str | None = TOKEN) -> Reply:
    headers: dict[str, Any] = {} if token is None else {"authorization": f"Bearer {token}"}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return site.ask("/api/v1/audit", "POST", body=data, **headers)


def told(site: Site, query: str = "") -> Any:
    reply = site.ask(f"/api/v1/deliveries{query}")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json"), reply.body
    return json.loads(reply.body)


def test_what_alertmanager_says_is_told_again(site: Site) -> None:
    assert post(site, NOTIFICATION).status == 200
    answer = told(site)
    assert answer["complete"] is True
    by_status = {one["status"]: one for one in answer["deliveries"]}
    firing = by_status["firing"]
    sent = firing.pop("first_sent")
    assert firing == {
        "receiver": "people",
        "status": "firing",
        "labels": ALERT["labels"],
        "starts_at": 1_768_219_200.5,
        "ends_at": None,
        "last_sent": sent,
        "times": 1,
    }
    assert by_status["resolved"]["ends_at"] == 1_768_221_000
    assert told(site, f"?since={sent + 1}")["deliveries"] == []
    assert len(told(site, f"?since={sent}")["deliveries"]) == 2


def test_what_is_recorded_outlives_the_server(tmp_path: Path) -> None:
    with audited(tmp_path) as site:
        post(site, NOTIFICATION)
    with audited(tmp_path) as site:
        assert len(told(site)["deliveries"]) == 2


@pytest.mark.parametrize("token", [None, "", "wrong", f"{TOKEN}x", TOKEN[:-1], "\xe9"])
def test_nobody_is_believed_without_the_token(site: Site, token: str | None) -> None:
    reply = post(site, NOTIFICATION, token)
    assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
    assert TOKEN.encode() not in reply.body
    assert told(site)["deliveries"] == []


@pytest.mark.parametrize("scheme", ["Basic", "bearer", ""])
def test_nor_with_another_scheme(site: Site, scheme: str) -> None:
    authorization = f"{scheme} {TOKEN}".strip()
    assert site.ask("/api/v1/audit", "POST", body=b"{}", authorization=authorization).status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b"\xff",
        b"{" * 10_000,
        NOTIFICATION | {"alerts": [ALERT | {"startsAt": "yesterday"}]},
        NOTIFICATION | {"alerts": [ALERT | {"status": "perhaps"}]},
        NOTIFICATION | {"alerts": [ALERT | {"labels": {"a": 1}}]},
        NOTIFICATION | {"status": None},
    ],
)
def test_nonsense_is_refused_without_a_word_about_it(site: Site, body: object) -> None:
    reply = post(site, body)
    assert (reply.status, reply.body) == (400, b"no notification of Alertmanager's\n")
    assert told(site)["deliveries"] == []


def test_too_large_is_refused(site: Site) -> None:
    padding = "x" * LARGEST_BODY
    assert post(site, NOTIFICATION | {"padding": padding}).status == 413
    assert post(site, NOTIFICATION | {"padding": padding[:-10_000]}).status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post_is_taken(site: Site, method: str) -> None:
    reply = site.ask("/api/v1/audit", method, authorization=f"Bearer {TOKEN}")
    assert (reply.status, reply.headers["allow"]) == (405, "POST")


def test_deliveries_are_only_read(site: Site) -> None:
    assert site.ask("/api/v1/deliveries", "HEAD").status == 200
    assert site.ask("/api/v1/deliveries", "POST").status in (404, 405)


@pytest.mark.parametrize("query", ["?since=x", "?since=", "?since=1&since=2", "?since=nan", "?since=-1"])
def test_a_moment_that_is_none(site: Site, query: str) -> None:
    assert site.ask(f"/api/v1/deliveries{query}").status == 400


def test_more_than_fits_into_an_answer_is_said_to_be_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_module, "MOST_TOLD", 1)
    post(site, NOTIFICATION)
    answer = told(site)
    assert (len(answer["deliveries"]), answer["complete"]) == (1, False)


@pytest.mark.parametrize("path", ["/api/v1/audit", "/api/v1/deliveries"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_an_audit_there_is_nothing(path: str, method: str) -> None:
    with running() as site:
        assert site.ask(path, method).status == 404


def test_a_journal_that_cannot_be_used_has_alertmanager_try_again(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite3").mkdir()
    with audited(tmp_path) as site:
        assert post(site, NOTIFICATION).status == 503
        assert site.ask("/api/v1/deliveries").status == 503
        (tmp_path / "journal.sqlite3").rmdir()
        for left in tmp_path.glob("journal*"):
            left.unlink()
        assert post(site, NOTIFICATION).status == 200


def test_while_the_journal_is_kept_busy_scrapes_go_on_and_others_are_put_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, write = os.pipe()

    def stuck(self: Journal, *arguments: object) -> None:
        os.read(read, 1)

    monkeypatch.setattr(Journal, "note_notification", stuck)
    with audited(tmp_path) as site:
        body = json.dumps(NOTIFICATION).encode()
        clients = [begin(site, body) for _ in range(audit_module.MOST_AT_ONCE + 3)]
        wait_until(lambda: len(answered(clients)) == 3, "those for whom there is no room")
        put_off = answered(clients)
        assert site.ask("/metrics").status == 200
        os.write(write, b"x" * audit_module.MOST_AT_ONCE)
        for client in clients:
            status = b"503" if client in put_off else b"200"
            assert everything_from(client).startswith(b"HTTP/1.1 " + status)
            client.close()
    os.close(read)
    os.close(write)


def test_closing_it_waits_for_who_is_being_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    note = Journal.note_notification

    class Listening(Occasions):
        def hear(self, alerts: Iterable[SentAlert]) -> None:
            done.append("heard")

        def close(self) -> None:
            done.append("closed")

    def closing(self: Journal, *arguments: Any) -> None:
        note(self, *arguments)
        audit.close()

    monkeypatch.setattr(Journal, "note_notification", closing)
    with Journal(tmp_path / "journal.sqlite3") as journal:
        audit = Audit(secret(tmp_path, "token", TOKEN), journal, Listening(Settings()))
        with running(replace(CONTENT, audit=lambda: audit)) as site:
            assert post(site, NOTIFICATION).status == 200
            assert done == ["heard", "closed"]
            # So comes one whose password was being checked meanwhile.
            assert len(told(site)["deliveries"]) == 2
    wait_until(lambda: not any(one.name.startswith("audit") for one in threading.enumerate()), "its thread")


def begin(site: Site, body: bytes, length: int | None = None) -> socket.socket:
    """A connection that has sent a request, or the beginning of one."""
    client = site.connect()
    head = f"POST /api/v1/audit HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
    client.sendall(f"{head}Content-Length: {length or len(body)}\r\n\r\n".encode() + body)
    return client


def answered(clients: list[socket.socket]) -> list[socket.socket]:
    return select.select(clients, [], [], 0)[0]


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    with audited(tmp_path, replace(LIMITS, answer_seconds=5)) as site:
        with begin(site, b'{"receiver":', 500) as client:
            assert is_closed(client)
        assert post(site, NOTIFICATION).status == 200


def test_a_client_that_goes_in_the_middle_leaves_nothing(site: Site) -> None:
    with suppress(OSError):
        begin(site, json.dumps(NOTIFICATION).encode()[:-5], 100_000).close()
    assert post(site, NOTIFICATION | {"alerts": []}).status == 200
    assert told(site)["deliveries"] == []


def test_who_has_the_token_needs_no_password_and_who_reads_does(tmp_path: Path) -> None:
    config = tmp_path / "web.yml"
    config.write_text(
        # "secret", at the lowest cost.
        "basic_auth_users: {reader: $2b$04$3tMdWGmgaZ3X8pI1C5yzMOmGfLvEBXUyPvJ7Sq1YpmHmA0sWq3dYu}\n"
    )
    web = Web(listen_addresses=(LOOPBACK,), config_file=str(config))
    with audited(tmp_path, web=web) as site:
        assert post(site, NOTIFICATION).status == 200
        assert site.ask("/api/v1/deliveries").status == 401
        assert site.ask("/metrics", authorization=f"Bearer {TOKEN}").status == 401


@pytest.mark.parametrize("fault", ["missing", "empty", "open to all"])
def test_a_token_that_would_not_do(tmp_path: Path, fault: str) -> None:
    file = Path(secret(tmp_path, "token", "" if fault == "empty" else TOKEN))
    if fault == "missing":
        file.unlink()
    if fault == "open to all":
        file.chmod(0o644)
    with pytest.raises(UsageError, match=r"^alerts\.audit\.token_file: ") as refusal:
        Audit(str(file), Journal(tmp_path / "journal.sqlite3"))
    assert TOKEN not in str(refusal.value)
