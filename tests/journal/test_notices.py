"""What is noticed with what is recorded, and who is told of it how often."""

import time
from pathlib import Path

import pytest

from alignwatch.journal.deliveries import SentAlert
from alignwatch.journal.events import Event
from alignwatch.journal.maintenance import Ending, MaintenanceJournal, Outcome
from alignwatch.journal.notices import FAILED, TOLD, Notice, Notices, Wanted
from alignwatch.journal.running import Owner
from alignwatch.journal.store import Journal
from alignwatch.operation import Evidence, Phase
from support.journals import change, operation, query

ALL = Wanted("all")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def notices(path: Path) -> Notices:
    """With one reader of everything and one of little."""
    made = Notices(path)
    made.register(["all", "few"])
    return made


def told(notices: Notices, wanted: Wanted = ALL) -> list[Notice]:
    """Everything that a reader is told now, each taken at once."""
    found = []
    while notice := notices.next(wanted, time.time()):
        found.append(notice)
        notices.settle(wanted.reader, notice.number, TOLD)
    return found


def test_everything_that_is_recorded_is_noticed_in_its_order(path: Path, notices: Notices) -> None:
    with Journal(path) as journal, MaintenanceJournal(path) as upkeep:
        phases = (Phase("b", 1.0), Phase("a", 0.5), Phase("b", 2.0))
        evidence = Evidence("1" * 40, "2" * 40, "3" * 40, left_in_progress=False)
        journal.record(operation("o", phases=phases, evidence=evidence))
        assert not journal.record(operation("o"))
        (claim,) = journal.claims(1)
        journal.settle(claim, "target_not_contained")
        event = Event("app", "emptied", "main", None, "3" * 40, "2" * 40, ("a",), 1, "why", time.time())
        journal.note_events("app", [event])
        number = upkeep.claim("log_rotation", "", 60, Owner(1, "boot", 1), time.time())
        assert number is not None
        upkeep.begin(number, time.time())
        upkeep.finish(number, Ending(Outcome.FAILED, "no room", 1), time.time())
        labels = {"alertname": "AlignmentX", "repository": "app"}
        for _ in range(2):
            journal.note_notification("email", "firing", [SentAlert("firing", labels, 1.0, None)])
    notices.note("health_changed", "app", "repository", '{"was": "optimal", "is": "corrupt"}', time.time())
    found = told(notices)
    assert [(one.event, one.repository) for one in found] == [
        ("operation_ended", "app"),
        ("operation_unverified", "app"),
        ("branch_event", "app"),
        ("maintenance_ended", ""),
        ("alert_sent", "app"),
        ("health_changed", "app"),
    ]
    ended, refused, branch, upkept, alert, health = (one.data for one in found)
    assert (ended["outcome"], ended["branch"], ended["target"]) == ("success", "feature/x", "main")
    assert list(ended["phases"].items()) == [("b", 3.0), ("a", 0.5)]
    assert refused == {**ended, "refusal": "target_not_contained"}
    assert (branch["kind"], branch["branch"], branch["paths"]) == ("emptied", "main", ["a"])
    assert (upkept["task"], upkept["outcome"], upkept["reason"]) == ("log_rotation", "failed", "no room")
    assert (alert["receiver"], alert["labels"]) == ("email", labels)
    assert health == {"of": "repository", "was": "optimal", "is": "corrupt"}
    assert all(abs(one.noticed - time.time()) < 60 for one in found)
    assert len({one.identity for one in found}) == len(found)


def test_a_reader_is_told_what_it_asks_for_from_when_it_is_there(path: Path, notices: Notices) -> None:
    few = Wanted("few", ["operation_ended"], ["lib"])
    with Journal(path) as journal:
        journal.record(operation("a"))
        journal.record(operation("b", repository="lib"))
        assert [one.data["operation_id"] for one in told(notices, few)] == ["b"]
        notices.register(["all", "few", "late"])
        assert told(notices, Wanted("late")) == []
        journal.record(operation("c"))
    assert [one.data["operation_id"] for one in told(notices, Wanted("late"))] == ["c"]
    assert [one.data["operation_id"] for one in told(notices)] == ["a", "b", "c"]
    notices.register(["few"])
    assert told(notices) == []


def test_what_nobody_noted_as_told_is_told_again(path: Path, notices: Notices) -> None:
    with Journal(path) as journal:
        journal.record(operation("a"))
    first = notices.next(ALL, time.time())
    assert first is not None
    with Notices(path) as again:
        assert again.next(ALL, time.time()) == first
        again.settle("all", first.number, FAILED, "it broke")
        assert again.next(ALL, time.time()) is None
        again.settle("all", 0, TOLD)
    assert not notices.is_any_due([ALL], time.time())
    with Journal(path) as journal:
        state = journal.read(300, time.time()).readers["all"]
    assert (state.totals, state.problem) == ({"failed": 1, "told": 1}, "it broke")


def test_what_is_put_off_comes_when_its_time_has_come(path: Path, notices: Notices) -> None:
    with Journal(path) as journal:
        journal.record(operation("a"))
    notices.put_off("all", time.time() + 100, "away")
    assert not notices.is_any_due([ALL], time.time())
    assert notices.is_any_due([Wanted("few")], time.time())
    later = notices.next(ALL, time.time() + 101)
    assert later is not None
    assert later.attempts == 1


def test_a_notice_outlives_the_row_that_it_is_about(path: Path, notices: Notices) -> None:
    with Journal(path) as journal:
        journal.record(operation("a"))
        journal.prune(time.time() + 10)
    (notice,) = told(notices)
    assert notice.data == {"operation_id": "a", "phases": {}}


def test_only_so_many_are_kept(path: Path, notices: Notices) -> None:
    change(path, "UPDATE sqlite_sequence SET seq = 50000 WHERE name = 'notices'")
    notices.note("health_changed", "", "host", "{}", 1.0)
    change(path, "UPDATE sqlite_sequence SET seq = 70000 WHERE name = 'notices'")
    notices.note("health_changed", "", "host", "{}", 1.0)
    assert query(path, "SELECT number FROM notices") == [70001]
