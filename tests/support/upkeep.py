"""Settings with maintenance tasks, slots that are due already, and the programs that tasks run."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alignwatch.journal.maintenance import MaintenanceJournal
from alignwatch.maintenance.schedule import current_tasks
from alignwatch.settings import Maintenance, MaintenanceTask, Repository, Settings
from alignwatch.state_dir import journal_path

EVERY_MINUTE = "* * * * *"


def command(name: str, program: Sequence[str], **changes: Any) -> MaintenanceTask:
    """A task that runs a program at any time of the day, due each minute."""
    given = {"schedule": EVERY_MINUTE, "any_time": True, **changes}
    return MaintenanceTask(task="command", name=name, command=tuple(program), **given)


def settings_with(
    state: Path, *tasks: MaintenanceTask, repositories: Sequence[Path] = (), **changes: Any
) -> Settings:
    """Settings with these tasks and no others."""
    return Settings(
        state_dir=str(state),
        repositories=tuple(Repository(path=str(one), name=one.name) for one in repositories),
        maintenance=Maintenance(automated_tasks=(), tasks=tasks, **changes),
    )


def registered_long_ago(settings: Settings, seconds: float = 90) -> MaintenanceJournal:
    """The journal of a state folder in which somebody has run the tasks for some time: a slot is due."""
    journal = MaintenanceJournal(journal_path(settings.state_folder))
    tasks = current_tasks(settings, journal)
    journal.register(((one.name, one.cron, one.time_zone) for one in tasks), time.time() - seconds)
    return journal
