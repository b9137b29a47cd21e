from alignwatch.journal.events import EventTotal
from alignwatch.journal.reading import JournalReading
from alignwatch.lost_work import EVENT
from alignwatch.metrics.work_families import work_families
from alignwatch.settings import Repository
from alignwatch.snapshot import Reason, Snapshot, UnsavedReading
from support.readings import NOW, UNSAVED, bad, good, snapshot

REPOSITORIES = (Repository(path="/srv/app"),)
EMPTY = JournalReading((), (), (), 0)


def values(seen: Snapshot, journal: JournalReading | None) -> dict[str, float]:
    samples = [one for family in work_families(seen, journal, REPOSITORIES) for one in family.samples]
    assert {one.labels["repository"] for one in samples} <= {"app"}
    return {one.name.removeprefix("alignment_"): one.value for one in samples}


def test_what_is_unsaved() -> None:
    assert values(snapshot(good(UNSAVED, "app"), good(UNSAVED, "other")), None) == {
        "unsaved_branches": 3,
        "unsaved_unknown_branches": 1,
        "unsaved_commits": 5,
        "unsaved_oldest_commit_timestamp_seconds": NOW - 86400,
    }


def test_where_all_is_safe_there_is_no_oldest() -> None:
    assert values(snapshot(good(UnsavedReading({}, 0, 0, None), "app")), None) == {
        "unsaved_branches": 0,
        "unsaved_unknown_branches": 0,
        "unsaved_commits": 0,
    }


def test_what_is_lost_counts_from_nothing() -> None:
    assert values(snapshot(bad(UnsavedReading, Reason.GIT, "no", "app")), EMPTY) == {"work_lost_total": 0}


def test_what_is_lost_is_counted_over_all_branches() -> None:
    totals = (
        EventTotal("app", EVENT, "a", 2, 100.0),
        EventTotal("app", EVENT, "b", 1, 200.0),
        EventTotal("app", "rewound", "main", 7, 300.0),
        EventTotal("other", EVENT, "a", 7, 300.0),
    )
    assert values(snapshot(), EMPTY._replace(event_totals=totals)) == {
        "work_lost_total": 3,
        "work_last_lost_timestamp_seconds": 200,
    }
