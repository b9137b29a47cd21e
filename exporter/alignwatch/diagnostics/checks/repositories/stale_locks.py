"""Lock files that nobody can hold any more: they keep everybody from working.

A lock is called stale only if it is older than `lock_age_seconds`, and no git process stands in the
repository, and nobody on another machine can hold it, and it is the same on a second look. Age and open
files prove nothing: `git commit` with its editor open holds `index.lock` for hours and has not opened it.
Alignwatch never removes one. Locks of `git maintenance` and of `gc` are told by `maintenance-lock`.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import git_processes, opened
from alignwatch.git.locks import LockFile, find_locks
from alignwatch.git.staleness import is_stale
from alignwatch.text import span

OF_MAINTENANCE = ("maintenance", "gc")


def _run(context: Context) -> Iterator[Finding]:
    for lock in locks(context):
        if lock.kind in OF_MAINTENANCE:
            continue
        if not is_left_behind(context, lock):
            yield ok(f"{lock.path} is held, or may be")
            continue
        yield warning(
            f"{lock.path} was left behind {span(context.now - lock.since)} ago: git refuses to work",
            "see once more that nobody is at work there, then remove it by hand",
            ("ls", "-l", str(lock.path)),
            ("rm", "--", str(lock.path)),
            file=str(lock.path),
        )


def locks(context: Context) -> tuple[LockFile, ...]:
    """All locks of the repository."""
    return context.once("locks", lambda: find_locks(opened(context)))


def is_left_behind(context: Context, lock: LockFile) -> bool:
    """Whether nobody can hold a lock any more."""
    age = context.settings.thresholds_of(context.repository).lock_age_seconds
    return is_stale(lock, opened(context), git_processes(context), age, context.now)


CHECK = Check(
    id="stale-locks",
    summary="no lock was left behind",
    well="no lock was left behind",
    each_repository=True,
    run=_run,
)
