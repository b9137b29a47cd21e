"""A lock of `git maintenance` or `git gc` that was left behind.

`git maintenance run` that finds `objects/maintenance.lock` skips its work and ends with 0, in silence: a lock
that is left over switches it off for ever. `gc.pid` holds back `git gc` for twelve hours. The rule is that of
`stale-locks`.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.locks_left_behind import locks_left_behind

_HARM = {
    "maintenance": "git maintenance does nothing as long as it is there, and does not say so",
    "gc": "git gc does nothing for twelve hours from its beginning",
}


def _run(context: Context) -> Iterator[Finding]:
    return locks_left_behind(context, lambda lock: _HARM.get(lock.kind))


CHECK = Check(
    id="maintenance-lock",
    summary="no lock of git's own maintenance was left behind",
    well="no lock of git's maintenance was left behind",
    each_repository=True,
    run=_run,
)
