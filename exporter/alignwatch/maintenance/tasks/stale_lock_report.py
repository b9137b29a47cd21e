"""Names the lock files of a repository that nobody can hold any more. It never removes one."""

import time
from pathlib import Path

from alignwatch.git.at_work import foreign_git
from alignwatch.git.locks import find_locks
from alignwatch.git.repository import open_repository
from alignwatch.git.staleness import is_stale
from alignwatch.maintenance.task import Context, Needs, Result, Task
from alignwatch.text import printable, span


def _run(context: Context) -> Result:
    assert context.repository is not None  # noqa: S101  # it is needed
    opened, processes, now = open_repository(Path(context.repository.path)), tuple(foreign_git()), time.time()
    age = context.settings.maintenance.stale_lock_report.age_seconds
    stale = [lock for lock in find_locks(opened) if is_stale(lock, opened, processes, age, now)]
    if not stale:
        return Result(summary=("no lock is left behind",))
    lines = (f"{printable(str(one.path))}: left behind {span(now - one.since)} ago" for one in stale)
    return Result(summary=(*lines, "see that nobody is at work in it, then remove it by hand"))


TASK = Task(
    summary="name the locks that nobody holds any more",
    needs=Needs(repository=True),
    run=_run,
)
