"""May this task begin in this repository right now?"""

import shutil
from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.maintenance.quiet import Watch
from alignwatch.maintenance.schedule import ScheduledTask
from alignwatch.maintenance.tasks import load
from alignwatch.settings import Repository, Settings

_PERCENT = 100


class Readiness:
    """Looks at what a task needs, as often as it is asked."""

    def __init__(self, settings: Settings, git: Git, journal: MaintenanceJournal) -> None:
        self._settings = settings
        self._watch = Watch(settings, git, journal)

    def obstacle(self, task: ScheduledTask, repository: str, lock: int | None) -> str | None:
        """What holds it back, in one line; None if nothing does.

        Args:
            task: one that is available.
            repository: its label, or empty.
            lock: the descriptor of the repository's lock; None if another run has it.

        Raises:
            GitError: the repository cannot be looked at.
            AlignwatchError: the journal cannot be read.
        """
        if lock is None:
            return "another maintenance run is at work in it"
        needs = load(task.task).needs
        found = next((one for one in self._settings.repositories if one.label == repository), None)
        if needs.room and (full := self._full(found, task.limits.free_disk_percent)):
            return full
        return self._watch.obstacle(found) if needs.quiet and found is not None else None

    def _full(self, repository: Repository | None, least: float) -> str | None:
        self._settings.state_folder.mkdir(parents=True, exist_ok=True)
        for folder in (self._settings.state_folder, *([Path(repository.path)] if repository else [])):
            usage = shutil.disk_usage(folder)
            free = _PERCENT * usage.free / usage.total
            if free < least:
                return f"only {free:.1f} % of the disk of {folder} is free, {least:g} % are asked for"
        return None
