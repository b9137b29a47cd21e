from pathlib import Path

import pytest

from alignwatch.journal.store import Journal
from alignwatch.report.singles import SingleOperations, single_operations
from alignwatch.report.window import Window
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path
from support.history import History
from support.journals import operation, query
from support.reports import prometheus_holding

END = 1_768_219_200.0
HOUR = Window(END - 3600, END)


def shown(created: float, **exporter: str) -> History:
    history = History(END)
    history.exporter = {**history.exporter, **exporter}
    history.scraped("alignment_journal_created_timestamp_seconds", [created] * 10)
    return history


def found(state: Path, *histories: History) -> SingleOperations | str:
    with prometheus_holding(state, *histories) as prometheus:
        return single_operations(prometheus, HOUR, Settings(state_dir=str(state)))


@pytest.fixture
def created(tmp_path: Path) -> float:
    """A journal with an operation of the window, and when it was made."""
    with Journal(journal_path(tmp_path)) as journal:
        journal.record(operation(started=END - 60))
    (moment,) = query(journal_path(tmp_path), "SELECT created FROM birth")
    return float(moment)


def test_from_the_journal_that_the_exporter_showed(tmp_path: Path, created: float) -> None:
    told = found(tmp_path, shown(created), shown(1.5, instance="there:9847"))
    assert isinstance(told, SingleOperations)
    assert (told.exporter, told.others) == ("here:9847", ("there:9847",))
    assert [one.branch for one in told.singles.slowest] == ["feature/x"]


def test_another_journal_says_nothing_of_the_window(tmp_path: Path, created: float) -> None:
    path = journal_path(tmp_path)
    assert (
        found(tmp_path, shown(created - 1))
        == f"the journal at {path} is none that these exporters have shown"
    )


def test_without_a_journal(tmp_path: Path) -> None:
    path = journal_path(tmp_path)
    assert found(tmp_path, shown(1.5)) == f"there is no journal at {path}"
    assert not path.exists()


def test_a_journal_that_cannot_be_read(tmp_path: Path, created: float) -> None:
    query(journal_path(tmp_path), "PRAGMA user_version = 99")
    told = found(tmp_path, shown(created))
    assert isinstance(told, str)
    assert told.startswith("the journal cannot be read (")
    assert "schema version 99" in told
