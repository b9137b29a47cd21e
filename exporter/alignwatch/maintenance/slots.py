"""Which slots are due now, and what becomes of those that nobody took in time?"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from alignwatch.maintenance.cron import dues, last_due
from alignwatch.maintenance.schedule import ScheduledTask
from alignwatch.maintenance.windows import window_active
from alignwatch.settings import Maintenance
from alignwatch.text import span, timestamp

_COUNTED = 1000


class Slot(NamedTuple):
    """One moment at which one task is due for one repository."""

    task: ScheduledTask
    repository: str
    due: int
    """Seconds since the epoch."""
    earlier: int
    """How many slots before it nobody took."""

    @property
    def note(self) -> str:
        """What is to be said of the earlier ones."""
        if not self.earlier:
            return ""
        number = f"more than {_COUNTED}" if self.earlier > _COUNTED else str(self.earlier)
        return f"{number} earlier {'slot was' if self.earlier == 1 else 'slots were'} not taken"


def untaken_slots(
    tasks: tuple[ScheduledTask, ...],
    registered: Mapping[str, float],
    taken: Mapping[tuple[str, str], int],
    now: float,
) -> Iterator[Slot]:
    """The newest slot of each task and repository, where nobody has taken it: what was missed is done once.

    Args:
        tasks: in the order in which they are done.
        registered: task -> since when somebody has run it.
        taken: task and repository -> the newest slot that somebody took.
        now: seconds since the epoch.
    """
    for task in tasks:
        if task.name not in registered:
            continue
        for repository in task.repositories:
            begin = max(registered[task.name], taken.get((task.name, repository), 0))
            due = last_due(task.cron, task.time_zone, begin, now)
            if due is not None:
                before = islice(dues(task.cron, task.time_zone, begin, due - 1), _COUNTED + 1)
                yield Slot(task, repository, int(due), sum(1 for _ in before))


def is_open(slot: Slot, maintenance: Maintenance, now: float) -> bool:
    """Whether a window lets it begin now."""
    return slot.task.any_time or window_active(maintenance, now, slot.repository)


def why_skipped(slot: Slot, maintenance: Maintenance, now: float) -> str | None:
    """Why it will not be done at all; None if it may be."""
    if not slot.task.available:
        return f"{slot.task.task} is not available in this version"
    late = now - slot.due
    if late <= maintenance.grace_seconds:
        return None
    return (
        f"missed: due at {timestamp(slot.due)}, and no runner came inside a window within "
        f"{span(maintenance.grace_seconds)}"
    )
