"""Restores the newest backup of a repository on trial, checks it wholly, and removes what it restored."""

from alignwatch.maintenance.task import Context, Needs, Result, Task


def _run(context: Context) -> Result:
    # The exporter knows each task, and does none.
    from alignwatch.maintenance.backups.upkeep import verify_backup

    return verify_backup(context)


TASK = Task(
    summary="restore the newest backup of each repository on trial",
    needs=Needs(repository=True, room=True),
    run=_run,
)
