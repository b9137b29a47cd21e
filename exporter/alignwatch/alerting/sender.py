"""The exporter's part: sending what waits in the journal."""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from alignwatch.errors import AlignwatchError
from alignwatch.journal.outbox import EXPIRED, REFUSED, SENT, Waiting
from alignwatch.journal.store import Journal
from alignwatch.settings import Settings

# What speaks HTTP is imported only when there is something to send.
if TYPE_CHECKING:
    from alignwatch.servers.alertmanager import Alertmanager

TELL_SECONDS = 86400.0
"""An alert that was over so long ago is told to nobody any more."""
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 60.0
"""After each failure the pause doubles, up to this."""

_AT_ONCE = 100

_log = logging.getLogger(__name__)


class Sender:
    """Sends the alerts that wait, in their order; one leaves the journal once Alertmanager has taken it.

    Killed in between, it sends an alert again, and Alertmanager knows it by its labels: people are told once.
    Only where the alert has ended meanwhile are they told twice, rather than perhaps never.
    """

    def __init__(self, journal: Journal, settings: Settings) -> None:
        """Takes the journal, and the settings that say where Alertmanager is."""
        self._journal = journal
        self._settings = settings
        self._pause = FIRST_PAUSE_SECONDS
        self._not_before = 0.0
        """By the monotonic clock."""
        self._problem: str | None = None

    def look(self) -> None:
        """Sends what waits. To be called by one thread at a time, and only when something waits."""
        if time.monotonic() < self._not_before:
            return
        try:
            self._empty()
        except AlignwatchError as error:
            self._put_off(str(error))

    def _empty(self) -> None:
        from alignwatch.servers.alertmanager import Alertmanager
        from alignwatch.servers.connect import alertmanager_client

        seconds = self._settings.alerts.notification_timeout_seconds
        with alertmanager_client(self._settings, seconds) as client:
            alertmanager = Alertmanager(client)
            while waiting := self._journal.waiting_alerts(_AT_ONCE):
                if batch := self._without_late(waiting):
                    self._send(alertmanager, batch)
                    self._recover()

    def _without_late(self, waiting: Sequence[Waiting]) -> Sequence[Waiting]:
        """Gives up what is too old to be told, and returns the rest."""
        oldest = time.time() - TELL_SECONDS
        late = [one for one in waiting if one.alert.starts is not None and one.alert.ends < oldest]
        for one in late:
            _log.warning("alert %s was over a day ago and is not sent any more", _name(one))
        if late:
            self._journal.settle_alerts(late, EXPIRED)
        return [one for one in waiting if one not in late]

    def _send(self, alertmanager: "Alertmanager", batch: Sequence[Waiting]) -> None:
        from alignwatch.alerting.posting import MalformedError, post

        try:
            post(alertmanager, [one.alert for one in batch], time.time())
        except MalformedError as error:
            if len(batch) > 1:
                for one in batch:
                    self._send(alertmanager, [one])
                return
            _log.error("alert %s is given up: %s", _name(batch[0]), error)
            self._journal.settle_alerts(batch, REFUSED)
        else:
            self._journal.settle_alerts(batch, SENT)

    def _put_off(self, problem: str) -> None:
        self._not_before = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        if problem != self._problem:
            self._problem = problem
            _log.warning("alerts wait in the journal: %s", problem)
        with suppress(AlignwatchError):  # The journal may be what fails.
            for first in self._journal.waiting_alerts(1):
                self._journal.note_attempt(first, problem, time.time())

    def _recover(self) -> None:
        self._pause = FIRST_PAUSE_SECONDS
        if self._problem is not None:
            self._problem = None
            _log.info("alerts that waited are sent again")


def _name(waiting: Waiting) -> str:
    return repr(dict(waiting.alert.labels))
