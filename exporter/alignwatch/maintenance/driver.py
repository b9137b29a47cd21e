"""The exporter's part in maintenance: it sees what has crashed, and starts a runner if it is told to."""

import logging
import subprocess
import sys
from contextlib import suppress

import msgspec

from alignwatch.errors import AlignwatchError
from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.maintenance.agenda import is_anything_due, sweep
from alignwatch.maintenance.run_lock import RunLocks
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path

_PATIENCE_SECONDS = 15.0
"""A runner that is told to end gives what it runs some time."""
_COMMAND = (sys.executable, "-P", "-m", "alignwatch.maintenance")

_log = logging.getLogger(__name__)


class Driver:
    """Looks at what is due; tasks run in another process, never in this one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._journal = MaintenanceJournal(journal_path(settings.state_folder))
        self._locks = RunLocks(settings.state_folder)
        self._runner: subprocess.Popen[bytes] | None = None
        self._problem: str | None = None

    def reload(self, settings: Settings) -> None:
        """Takes other settings; a runner that is at work goes on with those it has."""
        self._journal.close()
        self._settings = settings
        self._journal = MaintenanceJournal(journal_path(settings.state_folder))
        self._locks = RunLocks(settings.state_folder)

    def look(self) -> None:
        """Looks once. What is wrong with the journal is logged once."""
        try:
            for run in sweep(self._journal, self._locks):
                _log.warning("maintenance: %s of %s has crashed", run.task, run.repository or "the machine")
            if self._may_start() and is_anything_due(self._settings, self._journal):
                self._start()
            self._problem = None
        except (AlignwatchError, OSError) as error:
            if str(error) != self._problem:
                self._problem = str(error)
                _log.error("maintenance: %s", error)

    def close(self) -> None:
        """Ends the runner, and with it what it runs."""
        self._journal.close()
        if self._runner is not None:
            self._runner.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._runner.wait(_PATIENCE_SECONDS)
            self._runner.kill()
            self._forget()

    def _may_start(self) -> bool:
        if self._runner is not None and self._runner.poll() is not None:
            self._forget()
        return self._runner is None and self._settings.maintenance.driver == "exporter"

    def _start(self) -> None:
        self._runner = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, start_new_session=True)
        assert self._runner.stdin is not None  # noqa: S101  # Popen was given a pipe
        # It stays open: its end would end the runner.
        with suppress(BrokenPipeError):
            self._runner.stdin.write(msgspec.json.encode(self._settings) + b"\n")
            self._runner.stdin.flush()

    def _forget(self) -> None:
        assert self._runner is not None  # noqa: S101  # the caller has looked
        if self._runner.stdin is not None:
            with suppress(BrokenPipeError):
                self._runner.stdin.close()
        self._runner.wait()
        self._runner = None
