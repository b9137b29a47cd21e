"""A lock of `git maintenance` or `git gc` that was left behind.

`git maintenance run` that finds `objects/maintenance.lock` skips its work and ends with 0, in silence: a lock
that is left over switches it off for ever. `gc.pid` holds back `git gc` for twelve hours. The rule is that of
`stale-locks`.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, ok, warning
from alignwatch.diagnostics.checks.repositories.stale_locks import OF_MAINTENANCE, is_left_behind, locks
from alignwatch.diagnostics.context import Context
from alignwatch.text import span

_EFFECT = {
    "maintenance": "git maintenance does nothing as long as it is there, and does not say so",
    "gc": "git gc does nothing for twelve hours from its beginning",
}


def _run(context: Context) -> Iterator[Finding]:
    for lock in locks(context):
        if lock.kind not in OF_MAINTENANCE:
            continue
        if not is_left_behind(context, lock):
            yield ok(f"{lock.path} is held, or may be")
            continue
        yield warning(
            f"{lock.path} was left behind {span(context.now - lock.since)} ago: {_EFFECT[lock.kind]}",
            "see once more that no maintenance runs there, then remove it by hand",
            ("rm", "--", str(lock.path)),
            file=str(lock.path),
        )


CHECK = Check(
    id="maintenance-lock",
    summary="no lock of git's own maintenance was left behind",
    well="no lock of git's maintenance was left behind",
    each_repository=True,
    run=_run,
)
