"""Backs up a repository, as a bundle or a mirror, and removes backups that are no longer needed."""

from alignwatch.maintenance.task import Context, Needs, Result, Task


def _run(context: Context) -> Result:
    # The exporter knows each task, and does none.
    from alignwatch.maintenance.backups.upkeep import back_up

    return back_up(context)


TASK = Task(
    summary="back up each repository, and thin out its backups",
    needs=Needs(repository=True, room=True),
    run=_run,
)
