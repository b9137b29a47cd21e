"""Is anybody at work in this repository?"""

import time
from collections.abc import Iterator
from pathlib import Path

from alignwatch.git.at_work import foreign_git
from alignwatch.git.command import Git
from alignwatch.git.in_progress import find_in_progress
from alignwatch.git.locks import find_locks
from alignwatch.git.repository import Repository, open_repository
from alignwatch.git.staleness import is_stale
from alignwatch.git.unmerged import has_unmerged
from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.settings import Repository as RepositorySettings
from alignwatch.settings import Settings
from alignwatch.text import span


class Watch:
    """Looks whether a repository is quiet, as often as it is asked."""

    def __init__(self, settings: Settings, git: Git, journal: MaintenanceJournal) -> None:
        self._settings = settings
        self._git = git
        self._journal = journal

    def obstacle(self, repository: RepositorySettings) -> str | None:
        """Who is at work there, in one line; None if nobody is.

        Raises:
            GitError: the repository cannot be looked at.
            AlignwatchError: the journal cannot be read.
        """
        opened = open_repository(Path(repository.path))
        return next(self._obstacles(repository, opened), None)

    def _obstacles(self, repository: RepositorySettings, opened: Repository) -> Iterator[str]:
        now = time.time()
        for one in find_in_progress(opened):
            yield f"{one.operation} in progress in {one.worktree} for {span(now - one.since)}"
        for flying in self._journal.in_flight(repository.label):
            what = f"{flying.kind} of {flying.branch or 'a branch'}"
            yield f"{what} has begun {span(now - flying.started)} ago and not ended ({flying.operation_id})"
        folders = (opened.common_dir, *opened.folders)
        processes = tuple(foreign_git())
        for process in processes:
            if process.changes and process.stands_in(folders):
                yield f"git {process.subcommand} runs in {process.folder} (process {process.pid})"
        age = self._settings.thresholds_of(repository).lock_age_seconds
        for lock in find_locks(opened):
            if not is_stale(lock, opened, processes, age, now):
                yield f"{lock.path} is locked for {span(now - lock.since)}"
        deadline = self._settings.monitoring.probe_deadline_seconds
        for folder in opened.folders:
            # One whose disk is not there may have left an empty folder, in which git knows of nothing.
            if (folder / ".git").exists() and has_unmerged(self._git, folder, deadline):
                yield f"{folder} has conflicts that are not resolved"
