"""Lock files that nobody can hold any more: they keep everybody from working.

A lock is called stale only if it is older than `lock_age_seconds`, and no git process stands in the
repository, and nobody on another machine can hold it, and it is the same on a second look. Age and open
files prove nothing: `git commit` with its editor open holds `index.lock` for hours and has not opened it.
Alignwatch never removes one. Locks of `git maintenance` and of `gc` are told by `maintenance-lock`.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.locks_left_behind import OF_MAINTENANCE, locks_left_behind


def _run(context: Context) -> Iterator[Finding]:
    return locks_left_behind(
        context, lambda lock: None if lock.kind in OF_MAINTENANCE else "git refuses to work"
    )


CHECK = Check(
    id="stale-locks",
    summary="no lock was left behind",
    well="no lock was left behind",
    each_repository=True,
    run=_run,
)
