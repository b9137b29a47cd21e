"""What a git that was killed in the middle of maintenance has left in a repository.

git removes its locks when it is told to end, and cannot when it is killed. A lock that nobody holds any more
keeps the next git from its work, and a half-written pack stays until somebody prunes. What one of our own
runs must have left, by the journal, we remove; what others have left is theirs.
"""

import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import NamedTuple

from alignwatch.git.at_work import foreign_git
from alignwatch.git.locks import LockFile, find_locks
from alignwatch.git.repository import Repository
from alignwatch.git.staleness import is_stale
from alignwatch.journal.maintenance import MaintenanceJournal, Outcome
from alignwatch.maintenance.order import GRACE_SECONDS
from alignwatch.maintenance.task import Context, TaskError
from alignwatch.settings import Repository as RepositorySettings
from alignwatch.shell import word
from alignwatch.state_dir import journal_path
from alignwatch.text import printable, span

_PACK = "pack"
_KINDS = frozenset({"maintenance", "gc", "packed-refs", "ref", "commit-graph", "multi-pack-index", _PACK})
"""What git's maintenance makes, and no other work on a repository of ours."""
_HALF_WRITTEN = ("tmp_pack_*", "tmp_idx_*", "tmp_rev_*", "tmp_mtimes_*")
_BROKEN_OFF = frozenset({Outcome.CRASHED, Outcome.TIMEOUT, Outcome.FAILED})
_RUNS = 100
"""So many of the newest runs are looked at: the next one already finds what was left."""


class Leftovers(NamedTuple):
    """What nobody holds or writes any more."""

    ours: tuple[LockFile, ...]
    others: tuple[LockFile, ...]


def find_leftovers(context: Context, settings: RepositorySettings, repository: Repository) -> Leftovers:
    """Looks for what was left.

    Raises:
        AlignwatchError: the journal cannot be read.
    """
    processes, now = tuple(foreign_git()), time.time()
    age = context.settings.thresholds_of(settings).lock_age_seconds
    found = [
        one
        for one in (*find_locks(repository), *_half_written(repository))
        if one.kind in _KINDS and is_stale(one, repository, processes, age, now)
    ]
    runs = _broken_off(context, settings.label) if found else ()
    ours = tuple(one for one in found if any(begin <= one.since <= end for begin, end in runs))
    return Leftovers(ours, tuple(one for one in found if one not in ours))


def remove(context: Context, leftovers: Leftovers) -> None:
    """Removes what is ours and says so.

    Raises:
        PostponedError: somebody has begun to work in the repository.
        OSError: it cannot be removed.
    """
    for one in leftovers.ours:
        age = span(time.time() - one.since)
        would = "would remove" if context.dry_run else "remove"
        print(f"{would} {printable(str(one.path))}, left behind {age} ago by a run of ours that was killed")
        if not context.dry_run:
            context.ensure_quiet()
            one.path.unlink(missing_ok=True)


def ensure_unlocked(leftovers: Leftovers, locks: Collection[str]) -> None:
    """Makes sure that no lock of others keeps git from what is to be done.

    Args:
        leftovers: what was left.
        locks: the names of the lock files that git takes for it.

    Raises:
        TaskError: one does, and says what to do.
    """
    for one in leftovers.others:
        if one.path.name in locks:
            path = str(one.path)
            raise TaskError(
                f"{printable(path)} was left behind by a git that is gone, and keeps git from its "
                f"maintenance; see that nobody is at work there, then: rm {word(path)}",
                1,
            )


def _half_written(repository: Repository) -> Iterator[LockFile]:
    for pattern in _HALF_WRITTEN:
        for path in sorted((repository.common_dir / "objects" / "pack").glob(pattern)):
            with suppress(FileNotFoundError):
                yield LockFile(_PACK, path, path.lstat().st_mtime)


def _broken_off(context: Context, repository: str) -> tuple[tuple[float, float], ...]:
    """From when to when runs of ours were at work that did not end in order."""
    # That one has crashed is noted when somebody finds it so, and that may be days later.
    longest = context.task.limits.seconds + GRACE_SECONDS
    with MaintenanceJournal(journal_path(context.settings.state_folder)) as journal:
        runs = journal.history(_RUNS, repository=repository)
    return tuple(
        (run.started, min(run.ended, run.started + longest))
        for run in runs
        if run.outcome in _BROKEN_OFF and run.started is not None and run.ended is not None
    )
