from collections.abc import Iterator
from pathlib import Path

import pytest

from alignwatch.journal import durations
from alignwatch.journal.store import Journal
from alignwatch.operation import Kind, Outcome
from support.journals import NOW, operation


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal") as one:
        yield one


def test_each_kind_of_each_repository_is_a_series_of_its_own(journal: Journal) -> None:
    journal.record(operation("a", duration=3.0, waiting=600.0))
    journal.record(operation("b", kind=Kind.MERGE, duration=4.0))
    journal.record(operation("c", repository="lib", duration=5.0))
    journal.record(operation("d", started=NOW - 100, duration=6.0))
    assert journal.durations(NOW - 3600, NOW + 3600) == {
        ("app", "rebase"): [(NOW - 94, 6.0), (NOW + 601, 3.0)],
        ("app", "merge"): [(NOW + 2, 4.0)],
        ("lib", "rebase"): [(NOW + 3, 5.0)],
    }


def test_only_work_that_was_done_counts(journal: Journal) -> None:
    for outcome in Outcome:
        journal.record(operation(outcome.value, outcome=outcome, duration=1.0 + len(outcome)))
    journal.record(operation("no time", duration=0.0))
    journal.record(operation("too old", started=NOW - 9999))
    journal.record(operation("to come", started=NOW + 9999))
    journal.record(operation("no measurement", started=NOW - 1e9, duration=1e9))
    assert [seconds for _, seconds in journal.durations(NOW - 3600, NOW + 3600)["app", "rebase"]] == [8.0]


def test_of_very_many_every_so_many_is_taken_over_the_whole_time(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durations, "MOST", 10)
    journal.record_all(operation(f"o{number}", started=NOW + number) for number in range(25))
    journal.record_all(operation(f"m{number}", kind=Kind.MERGE, started=NOW + number) for number in range(10))
    found = journal.durations(NOW, NOW + 3600)
    ended = [ended - NOW - 2 for ended, _ in found["app", "rebase"]]
    assert ended == [2, 5, 8, 11, 14, 17, 20, 23]
    assert len(found["app", "merge"]) == 10
