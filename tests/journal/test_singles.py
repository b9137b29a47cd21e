from pathlib import Path

from alignwatch.journal.store import Journal
from alignwatch.operation import Outcome
from support.journals import NOW, change, operation, query

EVER = (0.0, NOW * 2, 10)


def test_the_slowest_first_and_no_more_than_asked_for(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        for seconds in (3.0, 90.0, 1.0, 45.0):
            journal.record(operation(f"o{seconds}", duration=seconds, waiting=7.0))
        found = journal.singles(0.0, NOW * 2, 3).slowest
    assert [one.duration for one in found] == [90.0, 45.0, 3.0]
    one = found[0]
    assert (one.repository, one.operation, one.branch, one.target) == ("app", "rebase", "feature/x", "main")
    assert (one.outcome, one.started, one.ended, one.waiting) == ("success", NOW - 2, NOW + 95, 7.0)


def test_what_failed_the_newest_first(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        for number, outcome in enumerate(Outcome):
            journal.record(operation(outcome.value, outcome=outcome, started=NOW + number))
        found = journal.singles(*EVER).failed
    assert [one.outcome for one in found] == ["rolled_back", "timeout", "failed", "conflict"]


def test_a_success_that_git_does_not_confirm(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path) as journal:
        for claim in ("open", "confirmed", "unknown", "not_contained"):
            journal.record(operation(claim))
            change(path, f"UPDATE operations SET claim = '{claim}' WHERE operation_id = '{claim}'")
        found = journal.singles(*EVER)
    assert [one.refusal for one in found.failed] == ["not_contained"]
    assert [one.refusal for one in found.slowest].count(None) == 3


def test_only_of_the_span(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path) as journal:
        for ended in (NOW - 60, NOW, NOW + 60):
            journal.record(operation(f"o{ended}", started=ended - 2, outcome=Outcome.FAILED))
        found = journal.singles(NOW - 60, NOW, 10)
    assert [one.ended for one in found.slowest] == [one.ended for one in found.failed] == [NOW]
    assert found.created == query(path, "SELECT created FROM birth")[0]
