"""The tasks of ``git maintenance``: for which repositories each is, and how it is run.

None of the usual ones removes an object. ``gc`` does: here it keeps what is young and all that a reflog
names, and is left out where something depends on objects that git does not know to be needed.
"""

from collections.abc import Iterable, Iterator, Sequence

from alignwatch.git.command import Git
from alignwatch.git.objects import ObjectCounts, count_objects
from alignwatch.git.repository import Repository
from alignwatch.maintenance.task import PostponedError, TaskError
from alignwatch.settings import GitTask
from alignwatch.text import printable

_LARGEST_REPACK = 1 << 31
"""Bytes: so much one ``incremental-repack`` puts into one pack, by git's builtin/gc.c."""
TIMES: dict[GitTask, int] = {"loose-objects": 2, "incremental-repack": 2}
"""How often some are run in a row: each first removes what the time before has put elsewhere."""

_RUN_LOCK = "maintenance.lock"
LOCKS: dict[GitTask, tuple[str, ...]] = {
    "commit-graph": ("commit-graph-chain.lock",),
    "incremental-repack": ("multi-pack-index.lock",),
    "pack-refs": ("packed-refs.lock",),
    "gc": ("packed-refs.lock", "commit-graph.lock"),
}
"""The lock files without which one fails (tried with git 2.39)."""

_UNKNOWN_TO_GC = ("rebase-merge", "rebase-apply", "MERGE_AUTOSTASH", "NOTES_MERGE_PARTIAL")
"""In these a work tree keeps the only names of some objects. Before git 2.44 gc looks into none of them, and
into the last two in no version yet (reachable.c of 2.55)."""


def locks_of(tasks: Iterable[GitTask]) -> set[str]:
    """The names of the lock files that git takes for some tasks.

    A git maintenance that finds its own lock held does nothing and succeeds, for ever.
    """
    return {_RUN_LOCK, *(name for task in tasks for name in LOCKS.get(task, ()))}


class GitTasks:
    """Runs them in one repository."""

    def __init__(self, git: Git, repository: Repository, gc_keeps_days: int, deadline: float) -> None:
        self._git = git
        self._repository = repository
        self._gc_keeps_days = gc_keeps_days
        self._deadline = deadline

    def why_not(self, task: GitTask) -> str | None:
        """Why one is not for this repository as it is now; None if it is.

        Raises:
            GitError: git could not tell.
        """
        if task == "incremental-repack":
            if next((self._repository.common_dir / "objects" / "pack").glob("*.promisor"), None):
                return "in a partial clone git would forget which objects it may lack"
            if not self.objects().packs:
                return "there is no pack"
        return next(self._against_gc(), None) if task == "gc" else None

    def run(self, task: GitTask) -> tuple[str, ...]:
        """Runs one, and returns what git warned of.

        Raises:
            PostponedError: another git maintenance is at work.
            TaskError: git failed.
            GitError: git could not be started, or was not done in time.
        """
        path = self._repository.path
        done = self._git.run(
            path,
            *(self._gc_options() if task == "gc" else ()),
            # Only if it is not quiet does it say what it leaves out.
            *("maintenance", "run", "--no-quiet", f"--task={task}"),
            deadline=self._deadline,
            expected=(),
        )
        said = tuple(
            printable(line)
            for line in done.stderr.decode("utf-8", "backslashreplace").splitlines()
            if line.startswith(("warning:", "error:", "fatal:"))
        )
        # It ends with 0, though it has done nothing.
        if any("skipping maintenance" in line for line in said):
            raise PostponedError(f"another git maintenance is at work in {path}")
        if done.exit_code:
            what = said[0] if said else "no message"
            raise TaskError(
                f"{path}: git maintenance {task} ended with {done.exit_code}: {what}", done.exit_code
            )
        return said

    def objects(self) -> ObjectCounts:
        """What there is to put together.

        Raises:
            GitError: git could not tell.
        """
        return count_objects(self._git, self._repository.path, self._deadline)

    def needed_bytes(self, tasks: Sequence[GitTask]) -> int:
        """So much of the disk they may take for a while.

        Raises:
            GitError: git could not tell.
        """
        objects = self.objects()
        needed = {
            "loose-objects": objects.loose_bytes,
            "incremental-repack": min(objects.pack_bytes, _LARGEST_REPACK),
            "gc": objects.loose_bytes + objects.pack_bytes,
        }
        return max(needed.get(task, 0) for task in tasks)

    def _gc_options(self) -> Iterator[str]:
        for option in (
            f"gc.pruneExpire={self._gc_keeps_days}.days.ago",
            # Else each object that nothing leads to becomes a file.
            "gc.cruftPacks=true",
            # With both of them git leaves every reflog alone, the stash's too.
            "gc.reflogExpire=never",
            "gc.reflogExpireUnreachable=never",
            # A work tree on a disk that is not there now is none to forget.
            "gc.worktreePruneExpire=never",
        ):
            yield from ("-c", option)

    def _against_gc(self) -> Iterator[str]:
        common_dir = self._repository.common_dir
        for git_dir in (common_dir, *sorted((common_dir / "worktrees").glob("*"))):
            for name in _UNKNOWN_TO_GC:
                if (git_dir / name).exists():
                    yield f"it may remove what {printable(str(git_dir / name))} needs"
        if any((common_dir / name).is_symlink() for name in ("objects", "refs")):
            yield "others share its objects"
        hook = self._git.run(
            self._repository.path,
            *("config", "--get-all", "gc.recentObjectsHook"),
            deadline=self._deadline,
            expected=(0, 1),
        )
        if hook.stdout:
            yield "a program says what it must keep (gc.recentObjectsHook), and we run none of a repository's"
