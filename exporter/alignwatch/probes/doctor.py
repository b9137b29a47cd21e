"""What do the doctor's cheap checks say? They run in a process of their own."""

import logging
from collections.abc import Iterable
from pathlib import Path

from alignwatch.diagnostics.apart import Seen, examine_apart
from alignwatch.diagnostics.status import Status
from alignwatch.settings import Settings
from alignwatch.snapshot import DoctorReading

DEADLINE_SECONDS = 120.0

_WELL = (Status.OK, Status.SKIPPED)

_log = logging.getLogger(__name__)


class DoctorProbe:
    """Asks the doctor; logs what is new."""

    def __init__(self, settings: Settings, config: Path | None) -> None:
        """Takes the configuration, and the file that it comes from."""
        self._settings = settings
        self._config = config
        self._known: dict[str, Status] = {}

    def read(self) -> DoctorReading:
        """Asks once.

        Raises:
            AlignwatchError: the doctor failed.
        """
        seen = examine_apart(self._settings, self._config, DEADLINE_SECONDS)
        if self._settings.diagnostics.log_diagnostics:
            self._note(seen)
        return DoctorReading({one.id: one.status.value for one in seen})

    def _note(self, seen: Iterable[Seen]) -> None:
        for one in seen:
            before = self._known.get(one.id, Status.OK)
            if one.status not in _WELL and one.status is not before:
                _log.warning("doctor: %s is %s: %s", one.id, one.status, one.words)
            elif one.status in _WELL and before not in _WELL:
                _log.info("doctor: %s is well again", one.id)
            self._known[one.id] = one.status
