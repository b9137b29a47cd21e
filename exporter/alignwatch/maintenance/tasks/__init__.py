"""The maintenance tasks: one module each, imported only when it is needed."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alignwatch.maintenance.task import Task

TASKS = (
    "log_rotation",
    "cache_cleanup",
    "journal_compaction",
    "stale_lock_report",
    "git_maintenance",
    "commit_graph",
    "backup",
    "backup_verification",
    "digest",
    "command",
)
"""All there are; each is the name of its module here."""


def load(name: str) -> "Task":
    """The task of a name out of :data:`TASKS`."""
    task: Task = importlib.import_module(f"{__name__}.{name}").TASK
    return task
