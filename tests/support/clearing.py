"""A context for tasks that are called directly rather than in a process of their own."""

from typing import Any

from alignwatch.git.command import Git
from alignwatch.maintenance.schedule import ScheduledTask
from alignwatch.maintenance.task import Context
from alignwatch.settings import RunLimits, Settings
from support.repositories import ENVIRONMENT


def context(settings: Settings, **changes: Any) -> Context:
    """What a task is given; nobody is at work in its repository."""
    task = ScheduledTask(
        name="it",
        task="it",
        cron="0 2 * * *",
        time_zone="UTC",
        repositories=("",),
        any_time=False,
        command=(),
        limits=RunLimits(),
    )
    given: dict[str, Any] = {
        "settings": settings,
        "task": task,
        "repository": None,
        "dry_run": False,
        "git": Git(environment=ENVIRONMENT),
        "inherited": (),
        "ensure_quiet": lambda: None,
        **changes,
    }
    return Context(**given)
