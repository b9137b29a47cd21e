"""When a backup was last restored, to see that it can be.

A backup that nobody has ever restored is a hope. The task `backup_verification` restores the newest one into
a scratch folder and notes beside it what came of that. A last trial that failed is critical; none in twice
the time between two of its slots, and a day, is a warning.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.backup_store import backups_of, is_new, run_command, scheduled
from alignwatch.diagnostics.check import Check, Finding, critical, ok, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.maintenance import allowed_seconds
from alignwatch.diagnostics.status import Status
from alignwatch.maintenance.backups.verdict import read_verdict
from alignwatch.text import span

_TASK = "backup_verification"
_USUAL = 3 * 86400.0
"""Seconds, of a task that is done daily."""


def _run(context: Context) -> Iterator[Finding]:
    found, task = backups_of(context), scheduled(context, _TASK)
    if found.finding is not None or not found.folders:
        yield skipped("there is no backup that could be restored, see backup-age")
        return
    allowed = _USUAL if task is None else allowed_seconds(task, context.now)
    run = run_command(context, _TASK)
    if task is None:
        yield warning(
            "nobody restores the backups to see that they can be",
            "put backup_verification into maintenance.automated_tasks",
            key="maintenance.automated_tasks",
        )
    tried = [(one, verdict) for one in found.folders if (verdict := read_verdict(one)) is not None]
    if not tried:
        if is_new(context, task, allowed):
            yield skipped("no backup was restored yet, and none need have been")
        else:
            yield warning("no backup was ever restored on trial", "restore one", run)
        return
    newest, verdict = max(tried, key=lambda one: one[1].checked)
    age = context.now - verdict.checked
    if verdict.fault is not None:
        words = f"{newest.name} could not be restored {span(age)} ago: {verdict.fault}"
        yield critical(words, "make another backup, and try that one", run_command(context, "backup"), run)
    elif age > allowed:
        yield warning(f"a backup was last restored on trial {span(age)} ago", "restore one", run)
    else:
        yield ok(f"a backup was restored on trial {span(age)} ago, in {verdict.restore_seconds or 0:.1f} s")


CHECK = Check(
    id="backup-restore",
    summary="a backup was restored on trial lately",
    well="a backup was restored lately",
    reaches=Status.CRITICAL,
    each_repository=True,
    run=_run,
)
