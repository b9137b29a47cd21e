"""Slots that nobody has taken in time.

A task was due, its `grace_seconds` are over, and no runner has come: none runs, or none came while a window
was open. Slots from before a task was given its present schedule do not count, nor does one that was put off
because somebody was at work.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.journal_file import maintenance_journal
from alignwatch.diagnostics.maintenance import registered, tasks_of
from alignwatch.maintenance.slots import untaken_slots
from alignwatch.text import span, timestamp

_LATE = 900.0
"""Seconds: a runner looks every five minutes."""


def _run(context: Context) -> Iterator[Finding]:
    tasks, grace = tasks_of(context), context.settings.maintenance.grace_seconds
    pairs = [(task.name, repository) for task in tasks for repository in task.repositories]
    with maintenance_journal(context) as journal:
        taken = journal.last_slots(pairs, context.now) if journal is not None else {}
    for slot in untaken_slots(tasks, registered(context), taken, context.now):
        late = context.now - slot.due
        missed = slot.earlier + (late > grace + _LATE)
        if missed:
            what = f"{slot.task.name} of {slot.repository or 'the machine'}"
            yield warning(
                f"{what} was due {missed} times and not taken, last at {timestamp(slot.due)}, "
                f"{span(late)} ago",
                "see whether a runner comes while a window is open",
                ("alignwatch", "maintenance", "history", "--task", slot.task.name),
                ("alignwatch", "maintenance", "run-due"),
            )


CHECK = Check(
    id="missed-runs",
    summary="what was due was taken",
    well="what was due was taken",
    run=_run,
)
