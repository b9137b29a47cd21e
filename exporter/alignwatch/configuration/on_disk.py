"""Whether what a configuration names is there. All are warnings: it may come later, or come back."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from alignwatch.configuration.fault import KeyPath
from alignwatch.configuration.problem import Problem
from alignwatch.git.discovery import is_repository
from alignwatch.settings import Repository, Settings
from alignwatch.text import printable

_REMEDY = "correct the path; if it is relative, it starts at this file's folder"


def absent(settings: Settings, files: Mapping[KeyPath, Path]) -> Iterator[Problem]:
    """What is not there, or not to be read by us.

    Args:
        settings: with absolute paths.
        files: the files that they name. Their names are not repeated in messages: a secret in place of
            its file's name is a common slip.
    """
    for number, repository in enumerate(settings.repositories):
        path = Path(repository.path)
        if not os.access(path, os.R_OK | os.X_OK):
            yield _warning(("repositories", number, "path"), "there is no such folder, or it may not be read")
        elif not is_repository(path):
            yield _warning(("repositories", number, "path"), "this folder is no git repository")
        else:
            yield from _missing_primaries(number, repository)
    for number, folder in enumerate(settings.monitoring.disks):
        if not os.access(folder, os.F_OK):
            yield _warning(("monitoring", "disks", number), "there is no such folder")
    backups = settings.maintenance.backup.folder
    if backups is not None and not os.access(backups, os.R_OK | os.W_OK | os.X_OK):
        here = ("maintenance", "backup", "folder")
        yield _warning(here, "there is no such folder, or it may not be written to")
    for key, file in files.items():
        if not os.access(file, os.R_OK):
            yield _warning(key, "there is no such file, or it may not be read")


def _missing_primaries(number: int, repository: Repository) -> Iterator[Problem]:
    # Without this, importing GitPython fails where git is missing.
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    from git import GitError, Repo

    try:
        with Repo(repository.path, search_parent_directories=False, expand_vars=False) as opened:
            branches = {head.name for head in opened.heads}
    except (GitError, OSError, ValueError):
        return  # Health says what is wrong with a repository.
    for primary in repository.primaries:
        if primary not in branches:
            path = "repositories", number, "primaries"
            message = f"there is no branch {printable(primary)} in this repository"
            yield Problem((path,), message, "name branches that are there, such as main", True)


def _warning(path: KeyPath, message: str) -> Problem:
    return Problem((path,), message, _REMEDY, True)
