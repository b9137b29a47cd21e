import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alignwatch.journal.store import Journal
from alignwatch.journal.watcher import JournalWatcher
from support.journals import operation

DAY = 86400.0


@pytest.fixture
def watcher(tmp_path: Path) -> Iterator[JournalWatcher]:
    with Journal(tmp_path / "journal") as journal:
        yield JournalWatcher(journal, 300, lambda: ())


def test_trends_come_from_the_last_six_weeks(watcher: JournalWatcher, tmp_path: Path) -> None:
    now = time.time()
    durations = {day: 10 * 1.1 ** (-day / 7) for day in range(1, 60)}
    with Journal(tmp_path / "journal") as journal:
        # They end at one time of day, else midnight may come between them.
        journal.record_all(
            operation(f"o{day}", started=now - DAY * day - 100 - duration, duration=duration)
            for day, duration in durations.items()
        )
    ((key, trend),) = watcher.trends().items()
    assert key == ("app", "rebase")
    assert trend.samples == 41
    assert trend.ratio_per_week == pytest.approx(0.1)


def test_what_is_recorded_is_read_and_what_is_known_is_not_read_again(
    watcher: JournalWatcher, tmp_path: Path
) -> None:
    before = watcher.look()
    assert before is not None
    assert before.operations == 0
    assert watcher.look() is before
    with Journal(tmp_path / "journal") as journal:
        journal.record(operation())
    after = watcher.look()
    assert after is not None
    assert [one.operation_id for one in after.newest] == ["o"]


def test_without_a_journal_there_are_none(
    watcher: JournalWatcher, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "journal").mkdir()
    with caplog.at_level(logging.ERROR):
        assert watcher.trends() == {}
        assert not caplog.records
        assert watcher.look() is None
        assert watcher.look() is None
    assert len(caplog.records) == 1
