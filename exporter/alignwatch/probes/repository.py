"""Does the repository open, and what does a quick look at its folders tell?"""

from pathlib import Path

from alignwatch.git.at_work import foreign_git
from alignwatch.git.command import Git
from alignwatch.git.in_progress import find_in_progress
from alignwatch.git.locks import find_locks
from alignwatch.git.objects import count_objects
from alignwatch.git.refs import read_branches
from alignwatch.git.repository import Repository, head_branch, open_repository
from alignwatch.snapshot import Lock, RepositoryReading


class RepositoryProbe:
    """Looks at one repository; takes no lock and writes nothing."""

    def __init__(self, git: Git, path: Path, deadline: float) -> None:
        self._git = git
        self._path = path
        self._deadline = deadline

    def read(self) -> RepositoryReading:
        """Looks once.

        Raises:
            GitError: the repository cannot be opened or git cannot read it.
        """
        repository = open_repository(self._path)
        refs = read_branches(self._git, self._path, self._deadline)
        objects = count_objects(self._git, self._path, self._deadline)
        head = head_branch(repository.common_dir)
        return RepositoryReading(
            path=str(repository.common_dir),
            worktrees=tuple(map(str, repository.folders)),
            head=head.removeprefix("refs/heads/") if head else None,
            head_exists=head is None or any(f"refs/heads/{ref.text}" == head for ref in refs.branches),
            branches=len(refs.branches),
            locks=self._locks(repository),
            in_progress=find_in_progress(repository),
            loose_objects=objects.loose_objects,
            loose_bytes=objects.loose_bytes,
            packs=objects.packs,
            pack_bytes=objects.pack_bytes,
            garbage_files=objects.garbage_files,
            broken_refs=refs.broken,
            gc_log=(repository.common_dir / "gc.log").exists(),
        )

    def _locks(self, repository: Repository) -> tuple[Lock, ...]:
        found = find_locks(repository)
        if not found:
            return ()
        # `git commit` with its editor open holds index.lock for hours with no file open: what tells a
        # lock that somebody needs from one left behind is a git process at work in the repository.
        folders = (repository.common_dir, *repository.folders)
        held = any(process.stands_in(folders) for process in foreign_git())
        return tuple(Lock(lock.kind, str(lock.path), lock.since, held) for lock in found)
