"""Which watched repository a work tree belongs to, also when it is gone."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from alignwatch.git.worktree_files import GitFolders, find_git_folders
from alignwatch.journal.store import Journal, RegisteredRepository


class Place(NamedTuple):
    """Where something happened."""

    repository: RegisteredRepository
    folders: GitFolders | None
    """None for a work tree that is gone."""


class Worktrees:
    """The work trees that were seen.

    An agent may make a work tree, rebase in it and remove it within a second, or while nobody listens. So
    each one seen is remembered, and what ``git worktree`` runs inside a linked one tells its main one.
    """

    def __init__(self, journal: Journal, watched: Collection[str], known: dict[str, str]) -> None:
        """Takes the names of the watched repositories, and the common directory of each known work tree."""
        self._journal = journal
        self._watched = watched
        self.known = known

    def place_of(self, worktree: str) -> Place | None:
        """Where a work tree's folder belongs; None if that is not watched.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        folders = find_git_folders(Path(worktree)) if Path(worktree).is_dir() else None
        common_dir = str(folders.common_dir) if folders else self.known.get(worktree)
        repository = self._journal.repository_of(Path(common_dir)) if common_dir else None
        if common_dir is None or repository is None or repository.name not in self._watched:
            return None
        self._remember(worktree, common_dir)
        return Place(repository, folders)

    def learn(self, worktree: str, main: str) -> None:
        """Notes that a work tree belongs to the same repository as another one.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        place = self.place_of(main)
        if place is not None:
            self._remember(worktree, str(place.repository.common_dir))

    def _remember(self, worktree: str, common_dir: str) -> None:
        if self.known.get(worktree) != common_dir:
            self.known[worktree] = common_dir
