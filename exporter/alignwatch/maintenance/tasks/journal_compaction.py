"""Removes old details from the journal and gives the room back; every total stays."""

import time

from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.journal.store import Journal
from alignwatch.maintenance.task import Context, Needs, Result, Task
from alignwatch.state_dir import journal_path

_DAY = 86400.0


def _run(context: Context) -> Result:
    days = context.settings.maintenance.journal_compaction.older_than_days
    before, path = time.time() - days * _DAY, journal_path(context.settings.state_folder)
    with Journal(path) as journal, MaintenanceJournal(path) as maintenance:
        if context.dry_run:
            found = f"{journal.ended_before(before)} operations would be removed, older than {days:g} days"
            return Result(summary=(found,))
        removed = journal.prune(before), maintenance.prune(before)
        freed = journal.compact()
    return Result(
        freed, (f"{removed[0]} operations and {removed[1]} maintenance runs removed, {freed} bytes freed",)
    )


TASK = Task(
    summary="remove old details from the journal and give the room back",
    needs=Needs(),
    run=_run,
)
