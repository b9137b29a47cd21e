"""How old the newest backup of each repository is.

A backup older than `maintenance.backup_verification.age_seconds` is none any more, and neither is one whose
manifest was altered or is missing. Where `maintenance.backup.folder` names no folder nothing can be said:
something else may make backups.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.backup_store import backups_of, is_new, run_command, scheduled
from alignwatch.diagnostics.check import Check, Finding, critical, ok, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.status import Status
from alignwatch.maintenance.backups.manifest import DamagedError, read_manifest
from alignwatch.text import span

_TASK = "backup"


def _run(context: Context) -> Iterator[Finding]:
    found, task = backups_of(context), scheduled(context, _TASK)
    if found.finding is not None:
        yield found.finding
        return
    limit = context.settings.maintenance.backup_verification.age_seconds
    if task is None:
        yield warning(
            "backups are wanted, and no task makes them",
            "put backup into maintenance.automated_tasks",
            key="maintenance.automated_tasks",
        )
    if not found.folders:
        if is_new(context, task, limit):
            yield skipped("there is no backup, and need not be yet")
        else:
            yield critical(
                "there is no backup", "make one, and see what it says", run_command(context, _TASK)
            )
        return
    newest = found.folders[0]
    try:
        age = context.now - read_manifest(newest).made
    except DamagedError as error:
        remedy = "keep it apart, and make another one"
        yield critical(f"the newest backup, {newest.name}: {error}", remedy, run_command(context, _TASK))
        return
    if age > limit:
        words = f"the newest backup is {span(age)} old, and may be {span(limit)}"
        yield critical(words, "make one, and see what it says", run_command(context, _TASK), file=str(newest))
    else:
        yield ok(f"the newest backup is {span(age)} old")


CHECK = Check(
    id="backup-age",
    summary="the newest backup is young, and whole as far as its manifest tells",
    well="the newest backup is young",
    reaches=Status.CRITICAL,
    each_repository=True,
    run=_run,
)
