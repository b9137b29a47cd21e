from alignwatch.journal.events import EventTotal
from alignwatch.journal.reading import JournalReading
from alignwatch.metrics.event_families import event_families
from alignwatch.primaries.finding import EVENTS
from alignwatch.settings import Repository

REPOSITORY = Repository(path="/srv/app", primaries=("main", "next"))


def samples(*totals: EventTotal) -> dict[tuple[str, str, str], float]:
    """By name, target and event; everything is of ``app``."""
    reading = JournalReading((), (), (), 0, event_totals=totals)
    found = {}
    for family in event_families(reading, [REPOSITORY]):
        for sample in family.samples:
            assert sample.labels["repository"] == "app"
            found[sample.name, sample.labels["target"], sample.labels["event"]] = sample.value
    return found


def test_every_counter_is_there_from_the_start_and_no_time() -> None:
    assert samples() == {
        ("alignment_primary_events_total", target, event): 0.0
        for target in ("main", "next", "other")
        for event in EVENTS
    }


def test_what_happened_is_counted_where_it_happened() -> None:
    found = samples(
        EventTotal("app", "rewound", "main", 3, 100.0),
        EventTotal("app", "emptied", "former", 1, 50.0),
        EventTotal("app", "emptied", "older", 2, 70.0),
        EventTotal("app", "work_lost", "main", 9, 900.0),
        EventTotal("elsewhere", "rewound", "next", 5, 500.0),
    )
    assert {key: value for key, value in found.items() if value} == {
        ("alignment_primary_events_total", "main", "rewound"): 3.0,
        ("alignment_primary_last_event_timestamp_seconds", "main", "rewound"): 100.0,
        ("alignment_primary_events_total", "other", "emptied"): 3.0,
        ("alignment_primary_last_event_timestamp_seconds", "other", "emptied"): 70.0,
    }


def test_a_journal_that_cannot_be_read_says_nothing() -> None:
    assert event_families(None, [REPOSITORY]) == []
