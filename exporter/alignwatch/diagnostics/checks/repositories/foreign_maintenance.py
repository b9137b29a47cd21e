"""Who else cleans up in the repository.

`git maintenance start` and cron tables may do what a task of Alignwatch does: both repack, in turns or at
once, and the other one does not look whether somebody is at work. Then one of the two should stop. Where
nobody cleans up at all (`gc.auto` is 0 and there is no maintenance), objects pile up for ever.
"""

from collections.abc import Iterator
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.repository_files import git_settings
from alignwatch.maintenance.schedule import scheduled_tasks

_OURS = frozenset(("git_maintenance", "git_gc"))
"""Tasks of ours that clean up."""


def _run(context: Context) -> Iterator[Finding]:
    held = dict(git_settings(context))
    theirs = _is_registered(context)
    ours = [
        task.name
        for task in scheduled_tasks(context.settings)
        if task.task in _OURS and task.available and context.repository.label in task.repositories
    ]
    here = ("git", "-C", str(context.path))
    if theirs and ours:
        yield warning(
            f"git maintenance is started for it, and so is {ours[0]}: both clean up",
            "let one of the two do it",
            (*here, "maintenance", "unregister"),
            key="maintenance.repo",
        )
    elif theirs:
        yield ok("git maintenance is started for it")
    elif not ours and held.get("gc.auto", "").strip() == "0":
        yield warning(
            "nobody cleans up: gc.auto is 0, and no maintenance is started for it",
            "have somebody do it",
            (*here, "maintenance", "start"),
            key="gc.auto",
        )


def _is_registered(context: Context) -> bool:
    """Whether ``git maintenance start`` has named it in the user's configuration."""
    named = [value for name, value in git_settings(context) if name == "maintenance.repo"]
    return context.path.resolve() in {Path(one).expanduser().resolve() for one in named}


CHECK = Check(
    id="foreign-maintenance",
    summary="exactly one cleans up",
    well="git cleans up by itself",
    each_repository=True,
    run=_run,
)
