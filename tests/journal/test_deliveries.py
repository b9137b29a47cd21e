from pathlib import Path

import pytest

from alignwatch.journal import deliveries
from alignwatch.journal.deliveries import KEPT_SECONDS, SentAlert
from alignwatch.journal.store import Journal
from support.journals import NOW, query

FIRING = SentAlert("firing", {"repository": "app", "alertname": "AlignmentX"}, NOW - 60, None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the journal takes for now."""
    now = [NOW]
    monkeypatch.setattr("alignwatch.journal.store.time.time", lambda: now[0])
    return now


def test_each_alert_of_a_notification_is_told_again(path: Path, clock: list[float]) -> None:
    other = SentAlert("resolved", {"alertname": "AlignmentY", "branch": 'a "ü"\n'}, NOW - 90, NOW - 5)
    with Journal(path) as journal:
        journal.note_notification("people", "firing", [FIRING, other])
        found = journal.deliveries(0, 10)
    assert {one.alert.labels["alertname"]: (one.receiver, one.alert) for one in found} == {
        "AlignmentX": ("people", FIRING),
        "AlignmentY": ("people", other),
    }
    assert {(one.first_sent, one.last_sent, one.times) for one in found} == {(NOW, NOW, 1)}


def test_what_is_sent_again_is_one_delivery_with_its_times(path: Path, clock: list[float]) -> None:
    with Journal(path) as journal:
        journal.note_notification("people", "firing", [FIRING])
        clock[0] += 3600
        journal.note_notification("people", "firing", [FIRING])
        (found,) = journal.deliveries(0, 10)
        assert (found.first_sent, found.last_sent, found.times) == (NOW, NOW + 3600, 2)
        # Another receiver, another start and the end of it are deliveries of their own.
        journal.note_notification("escalation", "firing", [FIRING])
        journal.note_notification("people", "firing", [FIRING._replace(starts_at=NOW)])
        journal.note_notification("people", "resolved", [FIRING._replace(status="resolved", ends_at=NOW)])
        assert len(journal.deliveries(0, 10)) == 4


def test_the_newest_since_a_moment_and_no_more_than_asked(path: Path, clock: list[float]) -> None:
    with Journal(path) as journal:
        for number in range(5):
            clock[0] = NOW + number
            journal.note_notification("people", "firing", [FIRING._replace(starts_at=float(number))])
        assert [one.alert.starts_at for one in journal.deliveries(NOW + 2, 2)] == [4, 3]
        assert [one.alert.starts_at for one in journal.deliveries(NOW + 3, 9)] == [4, 3]
        assert journal.read(300, NOW).sent == journal.deliveries(0, 9)


def test_the_old_and_the_too_many_go_and_the_totals_stay(
    path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "KEPT", 3)
    with Journal(path) as journal:
        for number in range(5):
            clock[0] += 1
            journal.note_notification("people", "firing", [FIRING._replace(starts_at=float(number))])
        assert [one.alert.starts_at for one in journal.deliveries(0, 9)] == [4, 3, 2]
        clock[0] += KEPT_SECONDS + 1
        journal.note_notification("people", "resolved", [])
        assert journal.deliveries(0, 9) == ()
        assert journal.read(300, clock[0]).notifications == {"firing": 5, "resolved": 1}
    assert query(path, "SELECT count(*) FROM deliveries") == [0]
