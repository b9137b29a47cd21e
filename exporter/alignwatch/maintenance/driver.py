"""The exporter's part in maintenance: it sees what has crashed, and starts a runner if it is told to."""

import logging
import time

from alignwatch.errand import Errand
from alignwatch.errors import AlignwatchError
from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.maintenance.agenda import is_anything_due, sweep
from alignwatch.maintenance.presence import Presence
from alignwatch.maintenance.run_lock import RunLocks
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path

_log = logging.getLogger(__name__)


class Driver:
    """Looks at what is due; tasks run in another process, never in this one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._journal = MaintenanceJournal(journal_path(settings.state_folder))
        self._locks = RunLocks(settings.state_folder)
        self._presence = Presence(settings.state_folder)
        self._runner = Errand("alignwatch.maintenance")
        self._problem: str | None = None

    def reload(self, settings: Settings) -> None:
        """Takes other settings; a runner that is at work goes on with those it has."""
        self._journal.close()
        self._presence.close()
        self._settings = settings
        self._journal = MaintenanceJournal(journal_path(settings.state_folder))
        self._locks = RunLocks(settings.state_folder)
        self._presence = Presence(settings.state_folder)

    def look(self) -> None:
        """Looks once. What is wrong with the journal is logged once."""
        try:
            self._presence.show()
            for run in sweep(self._journal, self._locks, time.time()):
                _log.warning("maintenance: %s of %s has crashed", run.task, run.repository or "the machine")
            if self._may_start() and is_anything_due(self._settings, self._journal, time.time()):
                self._runner.start(self._settings)
            self._problem = None
        except (AlignwatchError, OSError) as error:
            if str(error) != self._problem:
                self._problem = str(error)
                _log.error("maintenance: %s", error)

    def close(self) -> None:
        """Ends the runner, and with it what it runs."""
        self._journal.close()
        self._presence.close()
        self._runner.close()

    def _may_start(self) -> bool:
        return not self._runner.running and self._settings.maintenance.driver == "exporter"
