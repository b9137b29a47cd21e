"""Whether what a configuration names is there. All are warnings: it may come later, or come back."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from alignwatch.configuration.fault import KeyPath
from alignwatch.configuration.rules import Problem
from alignwatch.git.discovery import is_repository
from alignwatch.settings import Settings

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
    for number, folder in enumerate(settings.monitoring.disks):
        if not os.access(folder, os.F_OK):
            yield _warning(("monitoring", "disks", number), "there is no such folder")
    for key, file in files.items():
        if not os.access(file, os.R_OK):
            yield _warning(key, "there is no such file, or it may not be read")


def _warning(path: KeyPath, message: str) -> Problem:
    return Problem((path,), message, _REMEDY, True)
