"""Which repository an operation belongs to, said by name, by path or by the working directory."""

import os
from contextlib import suppress
from pathlib import Path

from alignwatch.errors import AlignwatchError, UsageError
from alignwatch.git.worktree_files import GitFolders, find_git_folders
from alignwatch.journal.store import Journal, RegisteredRepository
from alignwatch.names import folder_name


class Subject:
    """One work tree and the repository that it belongs to."""

    def __init__(self, folders: GitFolders, name: str | None) -> None:
        """Takes where it is, and what it is to be called; None for the name by which it is watched."""
        self.folders = folders
        self._name = name

    def watched(self, journal: Journal) -> RegisteredRepository:
        """What is known of it: by its folder's name and without primaries where nobody watches it.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        common_dir = self.folders.common_dir
        found = journal.repository_of(common_dir)
        known = found or RegisteredRepository(folder_name(common_dir), common_dir, common_dir, ())
        return known._replace(name=self._name or known.name)


def find_subject(repository: str | None, journal: Journal) -> Subject:
    """The repository that is meant.

    Args:
        repository: a watched repository's name, or a path: something with a slash, or ``.`` or ``..``;
            None for the one around the working directory.
        journal: knows the names.

    Raises:
        UsageError: there is none.
    """
    name = None if repository is None or _is_path(repository) else repository
    start = Path(repository if repository and not name else os.environ.get("GIT_DIR", "."))
    folders = find_git_folders(start)
    if name is not None:
        folders = _watched_as(name, folders, journal)
    if folders is None:
        raise UsageError(
            f"{repository or start.resolve()} is no git repository; "
            "change into one, or give the path of one or the name of one that is watched"
        )
    return Subject(folders, name)


def _watched_as(name: str, here: GitFolders | None, journal: Journal) -> GitFolders | None:
    """The folders of the repository of this name; those around the working directory if it is not known."""
    with suppress(AlignwatchError):  # Recording will fail too, and say why.
        registered = journal.repository_named(name)
        if registered and (here is None or here.common_dir != registered.common_dir):
            return find_git_folders(registered.path)
    return here


def _is_path(repository: str) -> bool:
    return "/" in repository or repository in (".", "..")
