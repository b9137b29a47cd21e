"""What lies before a runner: what is due, and what other runners that have died left behind."""

from collections.abc import Iterable

from alignwatch.journal.maintenance import MaintenanceJournal, Run
from alignwatch.maintenance.run_lock import RunLocks
from alignwatch.maintenance.schedule import ScheduledTask, current_tasks
from alignwatch.maintenance.slots import Slot, is_open, untaken_slots, why_skipped
from alignwatch.settings import Settings


def untaken(settings: Settings, journal: MaintenanceJournal, now: float) -> list[Slot]:
    """The slots that nobody has taken yet, in the order in which they were due.

    Args:
        settings: the configuration.
        journal: who took what.
        now: seconds since the epoch.

    Raises:
        AlignwatchError: the journal cannot be used.
    """
    tasks = current_tasks(settings, journal)
    registered = register(tasks, journal, now)
    pairs = [(task.name, repository) for task in tasks for repository in task.repositories]
    slots = untaken_slots(tasks, registered, journal.last_slots(pairs, now), now)
    return sorted(slots, key=lambda slot: slot.due)


def sweep(journal: MaintenanceJournal, locks: RunLocks, now: float) -> tuple[Run, ...]:
    """Puts in order what runners left that died, and returns what has crashed.

    What such a runner has started may still be at work: then the lock is held.

    Raises:
        AlignwatchError: the journal cannot be used.
    """
    return journal.sweep(lambda run: not locks.is_held(run.repository), now)


def register(tasks: Iterable[ScheduledTask], journal: MaintenanceJournal, now: float) -> dict[str, float]:
    """Notes that somebody runs these tasks; returns since when each has had its present schedule.

    Raises:
        AlignwatchError: the journal cannot be used.
    """
    return journal.register(((one.name, one.cron, one.time_zone) for one in tasks), now)


def is_anything_due(settings: Settings, journal: MaintenanceJournal, now: float) -> bool:
    """Whether a runner would find something to do, or something to note.

    Raises:
        AlignwatchError: the journal cannot be used.
    """
    maintenance = settings.maintenance
    return any(
        why_skipped(slot, maintenance, now) or is_open(slot, maintenance, now)
        for slot in untaken(settings, journal, now)
    )
