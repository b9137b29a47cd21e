"""Which lock files of a repository were left behind? The rule is in `git/staleness.py`."""

from collections.abc import Callable, Iterator

from alignwatch.diagnostics.check import Finding, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import git_processes, opened
from alignwatch.git.locks import LockFile, find_locks
from alignwatch.git.staleness import is_stale
from alignwatch.text import span

OF_MAINTENANCE = ("maintenance", "gc")
"""The kinds that keep nobody but git's maintenance from its work."""


def locks_left_behind(context: Context, harm: Callable[[LockFile], str | None]) -> Iterator[Finding]:
    """What there is to say of each lock of a repository.

    Args:
        context: of a check.
        harm: what comes of a lock that stays; None for one that another check tells of.
    """
    for lock in context.once("locks", lambda: find_locks(opened(context))):
        if (what := harm(lock)) is None:
            continue
        if not _is_left_behind(context, lock):
            yield ok(f"{lock.path} is held, or may be")
            continue
        yield warning(
            f"{lock.path} was left behind {span(context.now - lock.since)} ago: {what}",
            "see once more that nobody is at work there, then remove it by hand",
            ("ls", "-l", str(lock.path)),
            ("rm", "--", str(lock.path)),
            file=str(lock.path),
        )


def _is_left_behind(context: Context, lock: LockFile) -> bool:
    age = context.settings.thresholds_of(context.repository).lock_age_seconds
    return is_stale(lock, opened(context), git_processes(context), age, context.now)
