"""Reading the journal again whenever it has changed."""

import logging
import time
from collections.abc import Callable, Iterable

from alignwatch.errors import AlignwatchError
from alignwatch.journal.reading import JournalReading
from alignwatch.journal.store import Journal, RegisteredRepository
from alignwatch.tracking.trend import WINDOW_SECONDS, Trends, trend_of

_REREAD_SECONDS = 15.0
"""The extremes are those of a sliding window: they change without a new record."""

_log = logging.getLogger(__name__)


class JournalWatcher:
    """The newest reading of a journal, at the cost of a look at its version while nothing changes."""

    def __init__(
        self,
        journal: Journal,
        window_seconds: float,
        repositories: Callable[[], Iterable[RegisteredRepository]],
    ) -> None:
        """Takes the window of the extremes, and what finds the repositories to make known."""
        self._journal = journal
        self._window_seconds = window_seconds
        self._repositories = repositories
        self._version: int | None = None
        self._read_at = 0.0
        self._reading: JournalReading | None = None
        self._problem: str | None = None

    def look(self) -> JournalReading | None:
        """The newest reading; None when the journal cannot be used, which is logged once."""
        try:
            version, now = self._journal.version(), time.time()
            if version != self._version or now - self._read_at >= _REREAD_SECONDS:
                self._journal.register_repositories(self._repositories())
                self._journal.forget_dead()
                self._reading = self._journal.read(self._window_seconds, now)
                self._version, self._read_at, self._problem = version, now, None
        except AlignwatchError as error:
            if str(error) != self._problem:
                self._problem = str(error)
                _log.error("%s", error)
            self._version, self._reading = None, None
        return self._reading

    def trends(self) -> Trends:
        """How the durations of the last weeks change; nothing when the journal cannot be used."""
        now = time.time()
        try:
            durations = self._journal.durations(now - WINDOW_SECONDS, now)
        except AlignwatchError:
            return {}  # What is wrong is said when the rest is read.
        return {key: trend_of(samples) for key, samples in durations.items()}
