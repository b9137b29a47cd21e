from dataclasses import replace

from alignwatch.events import NO_EVENTS
from alignwatch.journal.reading import JournalReading
from alignwatch.settings import Monitoring, Settings
from support.pages import JOURNAL, NOW, VIEW, ended, reading

OPERATIONS = "In progress, then those that ended last"


def test_operations_are_told_with_outcome_confirmation_and_seconds() -> None:
    table = reading().table(OPERATIONS)
    assert table.rows[0] == {
        "Ended": "•in progress",
        "Operation": "merge",
        "Repository": "app",
        "Branch": "fix → main",
        "Outcome": "",
        "Confirmed by git": "",
        "Took": "5 min",
    }
    assert table.rows[1]["Ended"] == "60 min ago"
    assert table.rows[1]["Took"] == "0.42 s"
    assert [(row["Outcome"], row["Confirmed by git"]) for row in table.rows[1:]] == [
        ("✓success", "✓yes"),
        ("✓not needed", "•not looked yet"),
        ("✓success", "✕no: not contained"),
        ("✓success", "?cannot be told"),
        ("✕conflict", ""),
    ]


def test_operations_of_what_is_not_watched_are_left_out() -> None:
    assert "gone" not in reading().table(OPERATIONS).column("Branch")


def test_only_the_newest_operations_are_shown() -> None:
    many = JOURNAL._replace(newest=tuple(ended(None) for _ in range(90)), running=())
    assert len(reading(replace(VIEW, journal=many)).table(OPERATIONS).rows) == 20


def test_an_operation_of_unknown_branch_and_target() -> None:
    bare = JOURNAL._replace(newest=(ended(None, branch="")._replace(target=""),), running=())
    assert reading(replace(VIEW, journal=bare)).table(OPERATIONS).column("Branch") == ["unknown"]


def test_operations_can_be_switched_off() -> None:
    off = Settings(repositories=VIEW.settings.repositories, monitoring=Monitoring(performance_tracking=False))
    page = reading(replace(VIEW, settings=off))
    assert "monitoring.performance_tracking is false" in page.text
    assert OPERATIONS not in page.text


def test_events_are_told() -> None:
    assert reading().table("What happened to primaries").rows == [
        {
            "Seen": "2 h ago",
            "Event": "lost lines",
            "Repository": "app",
            "Branch": "main",
            "Commit": "222222222222",
            "What": "412 lines are gonea, b and 7 more",
        }
    ]


def test_where_nothing_happened() -> None:
    page = reading(replace(VIEW, journal=JournalReading((), (), (), 0), events=NO_EVENTS))
    assert "None is recorded yet." in page.text
    assert "Nothing is known to have happened to primaries" in page.text


def test_where_the_journal_cannot_be_read_nothing_is_claimed() -> None:
    page = reading(replace(VIEW, journal=None))
    assert page.text.count("The journal cannot be read; the log says why.") == 2
    assert "Nothing is known" not in page.text


def test_what_alertmanager_has_sent() -> None:
    assert reading().table("What Alertmanager has sent last").rows == [
        {
            "Sent": "2 min ago",
            "Alert": "AlignmentRepositoryLockOld",
            "Severity": "warning",
            "Status": "!firing",
            "By": "people",
        }
    ]


def test_a_moment_that_is_to_come() -> None:
    early = replace(VIEW, taken=NOW - 7200)
    assert reading(early).table(OPERATIONS).rows[1]["Ended"] == "in 60 min"
