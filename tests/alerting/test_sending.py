"""``send_alert`` with a real Alertmanager, and with servers that misbehave."""

import json
import ssl
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from alignwatch.alerting import NotificationResult, SendStatus, resolve_alert, send_alert
from alignwatch.errors import UsageError
from alignwatch.journal.outbox import SENT, Waiting
from alignwatch.journal.store import Journal
from alignwatch.settings import Alerts, Settings
from alignwatch.state_dir import default_state_dir, journal_path
from support import servers
from support.alerting import ROUTES, held, settings_for
from support.certificates import self_signed
from support.far_end import Answer, Request, far_end
from support.servers import post_json
from support.waiting import wait_until


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What became of an alert is known in all tests but the one in which nobody says it."""
    monkeypatch.setattr("alignwatch.alerting.sending._ASK_SECONDS", 60.0)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.alertmanager(tmp_path_factory.mktemp("alertmanager"), ROUTES) as server:
        yield server.url


def send(name: str, settings: Settings, **more: Any) -> NotificationResult:
    given = {"severity": "warning", "message": "It is wrong", "config": settings}
    return send_alert(name=name, **{**given, **more})


def waiting() -> tuple[Waiting, ...]:
    with Journal(journal_path(default_state_dir())) as journal:
        return journal.waiting_alerts(100)


def totals() -> Mapping[str, int]:
    with Journal(journal_path(default_state_dir())) as journal:
        return journal.read(300, time.time()).outbox.totals


def test_sent_is_what_alertmanager_has_taken(url: str) -> None:
    hostile = '"{{ .Labels }}" <!channel>\n$(true) é'
    result = send(
        "AlignmentSent",
        settings_for(url),
        repository="app",
        labels={"path": hostile},
        description=hostile,
        runbook_url="https://example.org/r",
    )
    alert = held(url, "AlignmentSent")
    assert alert is not None
    assert result == NotificationResult(SendStatus.SENT, "", alert.fingerprint)
    assert alert.labels == {
        "alertname": "AlignmentSent",
        "severity": "warning",
        "repository": "app",
        "path": hostile,
    }
    assert alert.annotations == {
        "summary": "It is wrong",
        "description": hostile,
        "runbook_url": "https://example.org/r",
    }
    assert not journal_path(default_state_dir()).exists()


def test_raised_again_it_goes_on_and_resolved_it_is_over(url: str) -> None:
    settings = settings_for(url)
    first = send("AlignmentAgain", settings)
    began = held(url, "AlignmentAgain")
    again = send("AlignmentAgain", settings, message="It is still wrong")
    alert = held(url, "AlignmentAgain")
    assert began is not None
    assert alert is not None
    assert again == first
    assert alert.starts_at == began.starts_at
    assert alert.annotations["summary"] == "It is still wrong"

    for _ in range(2):
        over = resolve_alert(name="AlignmentAgain", severity="warning", config=settings)
        assert over == first
        assert held(url, "AlignmentAgain") is None


def test_suppressed_by_a_silence(url: str) -> None:
    matcher = {"name": "alertname", "value": "AlignmentSilenced", "isRegex": False}
    silence = {
        "matchers": [matcher],
        "startsAt": "2020-01-01T00:00:00Z",
        "endsAt": "2999-01-01T00:00:00Z",
        "createdBy": "me",
        "comment": "why",
    }
    number = post_json(f"{url}/api/v2/silences", silence)["silenceID"]
    result = send("AlignmentSilenced", settings_for(url))
    assert (result.status, result.reason) == ("suppressed", f"held back by silence {number}")
    assert held(url, "AlignmentSilenced") is not None


def test_suppressed_by_another_alert(url: str) -> None:
    def inhibited() -> NotificationResult:
        return send("AlignmentInhibited", settings_for(url))

    assert send("AlignmentExporterDown", settings_for(url)).status == "sent"
    # Alertmanager hears of the one that inhibits a moment after it has taken it.
    wait_until(lambda: inhibited().status == "suppressed", "the inhibition")
    result = inhibited()
    assert (result.status, result.reason) == ("suppressed", "held back by AlignmentExporterDown")


@pytest.mark.parametrize(
    ("alerts", "reason"),
    [
        (Alerts(severity_levels=("critical",)), "alerts.severity_levels has no warning"),
        (Alerts(enabled=False), "alerts.enabled is false"),
    ],
)
def test_what_is_not_meant_for_people_is_seen_in_alertmanager_only(
    url: str, alerts: Alerts, reason: str
) -> None:
    name = f"AlignmentFor{'Nobody' if alerts.enabled else 'Noone'}"
    result = send(name, Settings(alerts=alerts, report=settings_for(url).report))
    assert (result.status, result.reason) == ("suppressed", f"{reason}: it is seen in Alertmanager only")
    assert held(url, name) is not None


def test_queued_when_nobody_answers(nowhere: str) -> None:
    before = time.time()
    result = send("AlignmentDown", settings_for(nowhere))
    assert result.status == "queued"
    assert result.reason == (
        f"waits in the journal until the exporter sends it: Alertmanager at {nowhere} cannot be reached "
        "(Connection refused); is it running, and is this its address?"
    )
    over = resolve_alert(name="AlignmentDown", severity="warning", config=settings_for(nowhere))
    assert over.status == "queued"
    (one,) = waiting()
    assert one.alert.identity == result.fingerprint == over.fingerprint
    assert one.alert.starts is not None
    assert before <= one.alert.starts <= one.alert.ends <= time.time()


def test_what_waits_is_sent_with_what_comes_later(url: str, nowhere: str) -> None:
    send("AlignmentLater", settings_for(nowhere))
    (one,) = waiting()
    assert send("AlignmentLater", settings_for(url)).status == "sent"
    alert = held(url, "AlignmentLater")
    assert alert is not None
    assert one.alert.starts is not None
    assert alert.starts_at.timestamp() == pytest.approx(one.alert.starts, abs=0.001)
    assert (waiting(), totals()) == ((), {SENT: 1})


def test_people_learn_of_what_was_over_before_alertmanager_heard_of_it(url: str, nowhere: str) -> None:
    send("AlignmentBrief", settings_for(nowhere))
    over = resolve_alert(name="AlignmentBrief", severity="warning", config=settings_for(url))
    assert over.status == "sent"
    assert held(url, "AlignmentBrief") is not None
    assert waiting() == ()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=401),
        Answer(status=404),
        Answer(status=503),
        Answer(status=302),
        Answer(raw=b"nonsense\r\n"),
    ],
)
def test_queued_when_the_answer_may_be_another_one_tomorrow(answer: Answer) -> None:
    with far_end(lambda request: answer) as server:
        assert send("AlignmentOdd", settings_for(server.url)).status == "queued"
    assert len(waiting()) == 1


def test_a_slow_alertmanager_is_waited_for_no_longer_than_its_limit() -> None:
    with far_end(lambda request: Answer(silent=True)) as server:
        result = send("AlignmentSlow", settings_for(server.url, 30), timeout_seconds=1.0)
    assert result.status == "queued"
    assert "longer than 1 s; ask for less or raise alerts.notification_timeout_seconds" in result.reason


def test_sent_when_alertmanager_does_not_say_what_became_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alignwatch.alerting.sending._ASK_SECONDS", 1.0)

    def answer(request: Request) -> Answer:
        return Answer() if request.method == "POST" else Answer(silent=True)

    with far_end(answer) as server:
        assert send("AlignmentTaken", settings_for(server.url)).status == "sent"
        wait_until(lambda: len(server.requests) == 2, "the question")
    assert [request.method for request in server.requests] == ["POST", "GET"]
    (alert,) = json.loads(server.requests[0].body)
    assert set(alert) == {"labels", "annotations", "startsAt", "endsAt"}


def test_that_it_is_not_meant_for_people_is_known_without_alertmanager() -> None:
    def answer(request: Request) -> Answer:
        return Answer() if request.method == "POST" else Answer(status=503)

    with far_end(answer) as server:
        settings = Settings(alerts=Alerts(enabled=False), report=settings_for(server.url).report)
        result = send("AlignmentForNobody", settings)
    assert (result.status, result.reason) == (
        "suppressed",
        "alerts.enabled is false: it is seen in Alertmanager only",
    )


def test_a_resolved_alert_that_goes_on_has_failed() -> None:
    def answer(request: Request) -> Answer:
        if request.method == "POST":
            sent.append(json.loads(request.body)[0])
            return Answer()
        alert = sent[0] | {"status": {"state": "active"}, "fingerprint": result.fingerprint}
        return Answer(json.dumps([alert]).encode())

    sent: list[dict[str, Any]] = []
    with far_end(lambda request: Answer()) as server:
        result = send("AlignmentEndless", settings_for(server.url))
    with far_end(answer) as server:
        over = resolve_alert(name="AlignmentEndless", severity="warning", config=settings_for(server.url))
    assert over.status == "failed"
    assert "see that the clocks agree" in over.reason


def test_failed_when_alertmanager_refuses_it_for_what_it_is() -> None:
    with far_end(lambda request: Answer(b'"bad label"', status=400)) as server:
        result = send("AlignmentBad", settings_for(server.url))
    assert result.status == "failed"
    assert result.reason == f"Alertmanager at {server.url} refuses: HTTP 400: bad label"
    assert not journal_path(default_state_dir()).exists()


def test_failed_when_it_cannot_even_wait(nowhere: str, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    result = send("AlignmentLost", settings_for(nowhere))
    assert result.status == "failed"
    assert "Connection refused" in result.reason
    assert "it cannot wait either:" in result.reason


def test_failed_when_too_many_wait(nowhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alignwatch.journal.outbox.LIMIT", 1)
    assert send("AlignmentFirst", settings_for(nowhere)).status == "queued"
    result = send("AlignmentSecond", settings_for(nowhere))
    assert result.status == "failed"
    assert "others wait in the journal already" in result.reason


def test_a_journal_that_cannot_be_used_does_not_keep_it_from_being_sent(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = journal_path(tmp_path / "state")
    journal.mkdir(parents=True)
    assert send("AlignmentAnyway", settings_for(url)).status == "sent"
    assert "the journal cannot be used" in caplog.text


def test_a_journal_that_breaks_meanwhile_is_only_logged(
    url: str, nowhere: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: object) -> None:
        raise UsageError("broken")

    send("AlignmentMeanwhile", settings_for(nowhere))
    monkeypatch.setattr(Journal, "settle_alerts", break_down)
    assert send("AlignmentMeanwhile", settings_for(url)).status == "sent"
    assert "broken" in caplog.text


def test_queued_when_credentials_cannot_be_used_here(url: str, tmp_path: Path) -> None:
    result = send("AlignmentSecret", settings_for(url, bearer_token_file=str(tmp_path / "absent")))
    assert result.status == "queued"
    assert "report.alertmanager.bearer_token_file: cannot read" in result.reason


def test_tls_and_credentials_are_those_of_the_configuration(tmp_path: Path) -> None:
    ca, key = self_signed(tmp_path, "server")
    (tmp_path / "token").write_text("secret")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(ca, key)

    def answer(request: Request) -> Answer:
        allowed = request.headers.get("authorization") == "Bearer secret"
        return Answer(b"[]") if allowed else Answer(status=403)

    with far_end(answer, tls) as server:
        trusted = settings_for(server.url, ca_file=str(ca), bearer_token_file=str(tmp_path / "token"))
        assert send("AlignmentTls", trusted).status == "sent"
        result = send("AlignmentTls", settings_for(server.url))
    assert result.status == "queued"
    assert "fails over TLS" in result.reason


def test_the_configuration_is_a_file_and_one_that_is_wrong_has_failed(url: str, tmp_path: Path) -> None:
    config = tmp_path / "alignwatch.yaml"
    config.write_text(f"report: {{alertmanager: {{url: '{url}'}}}}\n")
    arguments: dict[str, Any] = {"name": "AlignmentByFile", "severity": "info", "message": "m"}
    assert send_alert(**arguments, config=str(config)).status == "sent"
    config.write_text("reprot: {}\n")
    result = send_alert(**arguments, config=config)
    assert result.status == "failed"
    assert "reprot" in result.reason


def test_wrong_arguments_are_refused_and_nothing_waits() -> None:
    with pytest.raises(UsageError, match="is no name of an alert"):
        send("HostDown", Settings())
    with pytest.raises(UsageError, match="is no severity"):
        resolve_alert(name="AlignmentX", severity="none")
    assert not journal_path(default_state_dir()).exists()
