"""The exporter's part: sees that somebody is to be told, and has another process tell them."""

import logging
import time
from collections.abc import Mapping

import msgspec

from alignwatch.errand import Errand
from alignwatch.errors import AlignwatchError
from alignwatch.hooks.readers import readers_of, wanted_by
from alignwatch.journal.notices import Notices
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path
from alignwatch.status import UNKNOWN, Status

_log = logging.getLogger(__name__)


class Dispatcher:
    """One for each configuration. Nothing that is wrong with a hook is more to us than a figure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._notices = Notices(journal_path(settings.state_folder), _log.warning)
        self._wanted = tuple(map(wanted_by, readers_of(settings)))
        self._registered = False
        self._errand = Errand("alignwatch.hooks")
        self._health: Mapping[tuple[str, str], str] = {}
        self._problem: str | None = None

    @property
    def has_readers(self) -> bool:
        """Whether anybody is to be told anything."""
        return bool(self._wanted)

    def look(self, status: Status | None) -> None:
        """Looks once; to be called by one thread at a time, and only where there are readers.

        Args:
            status: what is known of health now; a change of it is something to tell.
        """
        try:
            if not self._registered:
                self._notices.register(one.reader for one in self._wanted)
                self._registered = True
            self._note_health(status)
            if not self._errand.running and self._notices.is_any_due(self._wanted, time.time()):
                self._errand.start(self._settings)
            self._problem = None
        except (AlignwatchError, OSError) as error:
            if str(error) != self._problem:
                self._problem = str(error)
                _log.error("hooks: %s", error)

    def close(self) -> None:
        """Ends whoever tells."""
        self._notices.close()
        self._errand.close()

    def _note_health(self, status: Status | None) -> None:
        if status is None:
            return
        health = _health(status)
        for (repository, of), state in health.items():
            was = self._health.get((repository, of))
            if was is not None and was != state:
                detail = msgspec.json.encode({"was": was, "is": state}).decode()
                self._notices.note("health_changed", repository, of, detail, time.time())
        self._health = {**self._health, **health}


def _health(status: Status) -> dict[tuple[str, str], str]:
    """Repository and what of it -> its state; what is unknown for a moment has not changed."""
    states = {("", "host"): status.host.health}
    for one in status.repositories:
        states[one.repository, "repository"] = one.health
        states[one.repository, "processes"] = one.processes
    return {key: state for key, state in states.items() if state != UNKNOWN}
