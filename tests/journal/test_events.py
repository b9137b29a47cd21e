"""What happened to branches: durable, counted, bounded."""

from pathlib import Path

import pytest

from alignwatch.journal.events import KEPT, SHOWN, Event, EventTotal
from alignwatch.journal.store import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite3")


def event(number: int = 0, repository: str = "app", kind: str = "rewound") -> Event:
    paths = ("a\nb", "c\\xff")
    return Event(
        repository, kind, "main", "1" * 40, "2" * 40, f"{number:040d}", paths, 7, "why", 100.0 + number
    )


def test_events_are_kept_whole_and_the_newest_come_first(journal: Journal) -> None:
    journal.note_events("app", [event(1), event(2)])
    assert journal.read(300, 0).events == (event(2), event(1))


def test_events_are_counted_by_what_happened_where(journal: Journal) -> None:
    journal.note_events("app", [event(1), event(2), event(0, kind="emptied")])
    journal.note_events("other", [event(3, repository="other")])
    assert journal.read(300, 0).event_totals == (
        EventTotal("app", "emptied", "main", 1, 100.0),
        EventTotal("app", "rewound", "main", 2, 102.0),
        EventTotal("other", "rewound", "main", 1, 103.0),
    )


def test_only_the_newest_are_kept_and_fewer_are_read_but_all_are_counted(journal: Journal) -> None:
    journal.note_events("other", [event(5, repository="other")])
    journal.note_events("app", [event(number) for number in range(KEPT + 10)])
    reading = journal.read(300, 0)
    assert [one.commit for one in reading.events if one.repository == "app"] == [
        f"{number:040d}" for number in range(KEPT + 9, KEPT + 9 - SHOWN, -1)
    ]
    assert any(one.repository == "other" for one in reading.events)
    assert reading.event_totals[0].number == KEPT + 10


def test_what_has_been_judged_is_remembered_by_repository(journal: Journal) -> None:
    journal.note_events("app", [], {"main": "1" * 40, "next": "2" * 40})
    journal.note_events("app", [event()], {"main": "3" * 40})
    assert journal.judged_primaries("app") == {"main": "3" * 40, "next": "2" * 40}
    assert journal.judged_primaries("other") == {}


def test_what_is_noted_again_is_counted_once(journal: Journal) -> None:
    journal.note_events("app", [event(1)])
    journal.note_events("app", [event(1), event(1)._replace(seen=500.0), event(1)._replace(branch="next")])
    assert len(journal.read(300, 0).events) == 3
    assert [one.number for one in journal.read(300, 0).event_totals] == [2, 1]


def test_where_another_has_judged_meanwhile_nothing_is_noted(journal: Journal) -> None:
    assert journal.note_events("app", [event(1)], {"main": "1" * 40}, {"main": None})
    assert not journal.note_events("app", [event(2)], {"main": "2" * 40}, {"main": None})
    assert not journal.note_events("app", [event(2)], {"main": "2" * 40}, {"main": "3" * 40})
    assert journal.note_events("app", [event(3)], {"main": "2" * 40}, {"main": "1" * 40})
    assert journal.judged_primaries("app") == {"main": "2" * 40}
    assert journal.events() == (event(3), event(1))


def test_all_that_are_kept_can_be_read(journal: Journal) -> None:
    journal.note_events("app", [event(number) for number in range(SHOWN + 5)])
    assert len(journal.events()) == SHOWN + 5
