"""The exporter's part: what waits is sent once, in its order, and nothing blocks what is behind it."""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alignwatch.alert import Alert
from alignwatch.alerting import sender as module
from alignwatch.alerting.sender import LONGEST_PAUSE_SECONDS, TELL_SECONDS, Sender
from alignwatch.errors import AlignwatchError
from alignwatch.journal.outbox import EXPIRED, REFUSED, SENT
from alignwatch.journal.store import Journal
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path
from support import servers
from support.alerting import held, settings_for
from support.far_end import Answer, FarEnd, Request, far_end


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(journal_path(tmp_path / "state")) as opened:
        yield opened


def alert(name: str, began: float = -60, lasts: float = 3600, **labels: str) -> Alert:
    """An alert that began so many seconds from now."""
    starts = time.time() + began
    labels = {"alertname": f"Alignment{name}", "severity": "info", **labels}
    return Alert(labels, {"summary": name}, starts, starts + lasts)


def queue(journal: Journal, *alerts: Alert) -> None:
    for one in alerts:
        assert journal.queue_alert(one, time.time())


def totals(journal: Journal) -> Mapping[str, int]:
    return journal.read(300, time.time()).outbox.totals


def settings_of(server: FarEnd | servers.Server) -> Settings:
    return settings_for(server.url)


@dataclass
class Taker:
    """An Alertmanager that refuses what it calls bad."""

    bad: str = "Bad"
    status: int = 400
    alerts: list[dict[str, Any]] = field(default_factory=list)
    """What it was given, each time."""
    posts: int = 0

    def __call__(self, request: Request) -> Answer:
        given = json.loads(request.body)
        self.posts += 1
        self.alerts += given
        bad = any(one["annotations"].get("summary") == self.bad for one in given)
        return Answer(b'"it is bad"', status=self.status) if bad else Answer()

    @property
    def names(self) -> list[str]:
        return [one["labels"]["alertname"].removeprefix("Alignment") for one in self.alerts]


def test_what_waits_is_sent_in_its_order_and_with_its_own_times(journal: Journal) -> None:
    first, second = alert("First", began=-5000, lasts=9000), alert("Second")
    over = Alert({"alertname": "AlignmentOver"}, {}, None, time.time() - 5)
    queue(journal, first, second, over)
    with far_end(taker := Taker()) as server:
        Sender(journal, settings_of(server)).look()
    assert taker.names == ["First", "Second", "Over"]
    times = [when(one[key]) for one in taker.alerts for key in ("startsAt", "endsAt")]
    assert times == pytest.approx(
        [time for one in (first, second, over) for time in (one.starts or one.ends, one.ends)], abs=0.001
    )
    assert (journal.waiting_alerts(9), totals(journal)) == ((), {SENT: 3})


def when(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def test_many_are_sent_a_hundred_at_a_time(journal: Journal) -> None:
    queue(journal, *(alert(f"N{number}") for number in range(250)))
    with far_end(taker := Taker()) as server:
        Sender(journal, settings_of(server)).look()
    assert taker.names == [f"N{number}" for number in range(250)]
    assert taker.posts == 3


def test_one_that_is_malformed_is_given_up_and_the_others_are_sent(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    queue(journal, alert("One"), alert("Bad"), alert("Two"))
    with far_end(taker := Taker()) as server, caplog.at_level(logging.ERROR):
        Sender(journal, settings_of(server)).look()
    assert set(taker.names) == {"One", "Bad", "Two"}
    assert (journal.waiting_alerts(9), totals(journal)) == ((), {SENT: 2, REFUSED: 1})
    (said,) = caplog.messages
    assert said.startswith(
        "alert {'alertname': 'AlignmentBad', 'severity': 'info'} is given up: Alertmanager at"
    )
    assert said.endswith("refuses: HTTP 400: it is bad")


def test_what_ended_while_it_waited_is_told_unless_that_is_a_day_ago(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    queue(
        journal,
        alert("Late", began=-TELL_SECONDS - 60, lasts=30),
        alert("Brief", began=-1000, lasts=700),
        alert("Long", began=-TELL_SECONDS * 2, lasts=TELL_SECONDS * 3),
        Alert({"alertname": "AlignmentOver"}, {}, None, time.time() - 2 * TELL_SECONDS),
    )
    with far_end(taker := Taker()) as server, caplog.at_level(logging.WARNING):
        Sender(journal, settings_of(server)).look()
    assert taker.names == ["Brief", "Long", "Over"]
    assert when(taker.alerts[0]["endsAt"]) == pytest.approx(time.time() + 600, abs=60)
    assert totals(journal) == {EXPIRED: 1, SENT: 3}
    assert caplog.messages == [
        "alert {'alertname': 'AlignmentLate', 'severity': 'info'} was over a day ago and is not sent any more"
    ]


def test_only_late_ones_are_no_reason_to_ask(journal: Journal) -> None:
    queue(journal, alert("Late", began=-TELL_SECONDS - 60, lasts=30))
    with far_end(taker := Taker()) as server:
        Sender(journal, settings_of(server)).look()
    assert (taker.posts, totals(journal)) == (0, {EXPIRED: 1})


def test_pauses_grow_up_to_a_limit_and_each_problem_is_said_once(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now, time=time.time))
    queue(journal, alert("One"))
    taker, tried = Taker(bad="One", status=503), []
    with far_end(taker) as server, caplog.at_level(logging.INFO):
        sender = Sender(journal, settings_of(server))
        for now in range(300):
            before = taker.posts
            sender.look()
            if taker.posts > before:
                tried.append(now)
        assert tried == [0, 2, 6, 14, 30, 62, 122, 182, 242]
        assert max(b - a for a, b in pairwise(tried)) == LONGEST_PAUSE_SECONDS
        (waiting,) = journal.waiting_alerts(9)
        assert waiting.attempts == len(tried)
        assert waiting.last_error == f"Alertmanager at {server.url} refuses: HTTP 503: it is bad"
        assert [one.levelname for one in caplog.records] == ["WARNING"]
        assert caplog.messages == [f"alerts wait in the journal: {waiting.last_error}"]

        taker.bad, now = "", 1000.0
        sender.look()
        assert caplog.messages[1:] == ["alerts that waited are sent again"]
        queue(journal, alert("Two"))
        sender.look()
        assert taker.names[-2:] == ["One", "Two"]
    assert journal.waiting_alerts(9) == ()


def test_a_journal_that_fails_is_no_exception(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    sender = Sender(Journal(journal_path(tmp_path / "state")), Settings())
    sender.look()


def test_credentials_that_cannot_be_read_are_a_reason_to_wait(journal: Journal, tmp_path: Path) -> None:
    queue(journal, alert("One"))
    settings = settings_for("http://127.0.0.1:9", bearer_token_file=str(tmp_path / "absent"))
    Sender(journal, settings).look()
    (waiting,) = journal.waiting_alerts(9)
    assert str(waiting.last_error).startswith("report.alertmanager.bearer_token_file: cannot read")


def test_what_is_sent_again_after_a_kill_in_between_is_the_same_alert(
    tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise AlignwatchError("killed")

    queue(journal, alert("Same"))
    with servers.alertmanager(tmp_path / "alertmanager") as server:
        with monkeypatch.context() as patched:
            patched.setattr(Journal, "settle_alerts", killed)
            Sender(journal, settings_of(server)).look()
        first = held(server.url, "AlignmentSame")
        assert len(journal.waiting_alerts(9)) == 1
        Sender(journal, settings_of(server)).look()
        assert held(server.url, "AlignmentSame") == first
    assert (journal.waiting_alerts(9), totals(journal)) == ((), {SENT: 1})


def test_nothing_that_speaks_http_is_imported_before_there_is_something_to_send() -> None:
    program = "import sys, alignwatch.daemon.life; print([m for m in sys.modules if m.startswith('urllib3')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
