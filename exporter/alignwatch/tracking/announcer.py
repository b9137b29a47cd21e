"""Making known what turns out not to be brief, from a thread of its own."""

import threading
import time
from collections.abc import Callable

from alignwatch.journal.running import BRIEF_SECONDS


class Announcer:
    """Calls what it was given, unless that is taken back very soon.

    The thread sleeps until the oldest of them is due, and ends when there is none: many brief ones cost one
    thread a second, and a program that does nothing has none.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._due: dict[Callable[[], None], float] = {}
        """What to call, and when by the monotonic clock; the oldest first."""
        self._runs = False

    def add(self, announce: Callable[[], None]) -> None:
        """Calls it when it has lasted so long; it may not raise."""
        with self._mutex:
            self._due[announce] = time.monotonic() + BRIEF_SECONDS
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="alignwatch announcer", daemon=True).start()

    def take_back(self, announce: Callable[[], None]) -> None:
        """Does not call it after all, unless that has happened."""
        with self._mutex:
            self._due.pop(announce, None)

    def _run(self) -> None:
        while (left := self._left()) is not None:
            time.sleep(left)
            for announce in self._take_due():
                announce()

    def _left(self) -> float | None:
        """Seconds until the oldest is due; None where there is none, and the thread ends."""
        with self._mutex:
            oldest = next(iter(self._due.values()), None)
            self._runs = oldest is not None
            return None if oldest is None else max(0.0, oldest - time.monotonic())

    def _take_due(self) -> list[Callable[[], None]]:
        with self._mutex:
            now = time.monotonic()
            due = [announce for announce, when in self._due.items() if when <= now]
            for announce in due:
                del self._due[announce]
            return due
