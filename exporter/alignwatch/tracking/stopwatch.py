"""How long an operation works, phase by phase, and how long it waits for a person."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from alignwatch.operation import RESOLUTION, Phase

LONGEST_NAME = 64
"""Characters of a phase's name."""
MOST_PHASES = 1000
"""Phases of one operation that are kept, lest a program gone wild fill the journal."""


def check_phase(name: str) -> None:
    """Refuses what names no phase.

    Raises:
        ValueError: the name is empty, too long or cannot be printed.
    """
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise ValueError(f"{name!r:.100} is no phase: 1 to {LONGEST_NAME} printable characters name one")


class Times(NamedTuple):
    """What a stopwatch has measured, in seconds."""

    duration: float
    """At work; without :attr:`waiting`."""
    waiting: float
    phases: tuple[Phase, ...]
    """In the order in which they began."""


class Lap:
    """One phase that has begun."""

    def __init__(self, name: str, began: float) -> None:
        self.name = name
        self.began = began
        self.ended: float | None = None


class Stopwatch:
    """Runs from when it is made until it is read; threads may share it.

    Phases may lie inside and beside each other. The time in which a person is waited for is no part of a
    phase, but for the phase :data:`alignwatch.operation.RESOLUTION`, which is such a time itself.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes what tells the time in seconds."""
        self._clock = clock
        self._mutex = threading.Lock()
        self._began = clock()
        self._laps: list[Lap] = []
        self._waiters = 0
        self._waiting_since = 0.0
        self._waited = 0.0

    def begin(self, name: str) -> Lap | None:
        """Begins a phase; None where there were too many already.

        Raises:
            ValueError: the name is empty, too long or cannot be printed.
        """
        check_phase(name)
        with self._mutex:
            if len(self._laps) == MOST_PHASES:
                return None
            now = self._clock()
            if name == RESOLUTION:
                self._wait(now)
            lap = Lap(name, self._time_of(name, now))
            self._laps.append(lap)
        return lap

    def end(self, lap: Lap | None) -> None:
        """Ends a phase that has not ended yet."""
        with self._mutex:
            if lap is not None and lap.ended is None:
                now = self._clock()
                lap.ended = self._time_of(lap.name, now)
                if lap.name == RESOLUTION:
                    self._resume(now)

    def open_lap(self, name: str) -> Lap | None:
        """The phase of a name that began last and has not ended; with an empty name, of any."""
        with self._mutex:
            open_laps = (lap for lap in reversed(self._laps) if lap.ended is None)
            return next((lap for lap in open_laps if name in ("", lap.name)), None)

    def wait(self) -> None:
        """Begins to wait for a person; who waits already waits on."""
        with self._mutex:
            self._wait(self._clock())

    def resume(self) -> None:
        """Ends what one :meth:`wait` began."""
        with self._mutex:
            self._resume(self._clock())

    def stop(self, moment: float) -> None:
        """Stops the clock at a moment that is past: what it is told of from now on was over by then."""
        with self._mutex:
            self._clock = lambda: moment

    def read(self) -> Times:
        """What it shows now; what has not ended ends now."""
        with self._mutex:
            now = self._clock()
            phases = tuple(Phase(lap.name, self._seconds(lap, now)) for lap in self._laps)
            waiting = self._waiting(now)
            return Times(now - self._began - waiting, waiting, phases)

    def _wait(self, now: float) -> None:
        if self._waiters == 0:
            self._waiting_since = now
        self._waiters += 1

    def _resume(self, now: float) -> None:
        self._waiters -= 1
        if self._waiters == 0:
            self._waited += now - self._waiting_since

    def _seconds(self, lap: Lap, now: float) -> float:
        ended = self._time_of(lap.name, now) if lap.ended is None else lap.ended
        return ended - lap.began

    def _time_of(self, name: str, now: float) -> float:
        """The clock that a phase of this name goes by."""
        return now if name == RESOLUTION else now - self._waiting(now)

    def _waiting(self, now: float) -> float:
        return self._waited + (now - self._waiting_since if self._waiters else 0.0)
