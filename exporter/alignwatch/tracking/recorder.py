"""Recording from inside somebody's program, without getting in its way."""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from alignwatch.errors import AlignwatchError
from alignwatch.journal.running import Running
from alignwatch.journal.store import Journal
from alignwatch.operation import Operation
from alignwatch.tracking.announcer import Announcer

_log = logging.getLogger("alignwatch.tracker")


class _Means(NamedTuple):
    """What one process records with."""

    pid: int
    journal: Journal
    announcer: Announcer
    inherited: "_Means | None"
    """Those of the process that it was forked from: not to be used, nor closed."""


class Recorder:
    """One journal, for all threads of a process and for those that are forked from it."""

    def __init__(self, path: Path) -> None:
        """Takes the journal's file."""
        self._path = path
        self._means = self._new_means(None)
        self._problem: str | None = None

    @property
    def journal(self) -> Journal:
        """The journal, for this process."""
        return self._own().journal

    def expect(self, announce: Callable[[], None]) -> None:
        """Calls it when what has begun turns out not to be brief."""
        self._own().announcer.add(announce)

    def announce(self, running: Callable[[], Running]) -> None:
        """Notes that an operation is running; what keeps that from being done will be said when it ends."""
        with suppress(Exception):  # The program's own work goes on.
            self.journal.begin(running())

    def record(self, announce: Callable[[], None], operation: Callable[[], Operation]) -> None:
        """Records an operation; what keeps that from being done is logged, and the same thing once only."""
        means = self._own()
        means.announcer.take_back(announce)
        try:
            means.journal.record(operation())
        except AlignwatchError as error:
            problem = str(error)
        except Exception as error:  # Whatever is wrong with our record, the program's own work goes on.
            problem = repr(error)
        else:
            self._problem = None
            return
        if problem != self._problem:
            self._problem = problem
            _log.warning("an operation is not recorded: %s", problem)

    def close(self) -> None:
        """Closes the journal; the next record opens it again."""
        self._own().journal.close()

    def _own(self) -> _Means:
        if self._means.pid != os.getpid():
            self._means = self._new_means(self._means)
        return self._means

    def _new_means(self, inherited: _Means | None) -> _Means:
        return _Means(os.getpid(), Journal(self._path, _log.warning), Announcer(), inherited)
