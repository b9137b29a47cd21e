"""The backups of one repository as the doctor sees them: nothing is locked or removed."""

from pathlib import Path
from typing import NamedTuple

from alignwatch.diagnostics.check import Finding, critical, skipped
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.maintenance import registered, tasks_of
from alignwatch.maintenance.backups.place import unfit
from alignwatch.maintenance.backups.store import Store, folder_of
from alignwatch.maintenance.schedule import ScheduledTask
from alignwatch.maintenance.tree import opened

_KEY = "maintenance.backup.folder"


class Backups(NamedTuple):
    """What there is, or what there is to say of that there is nothing."""

    folders: tuple[Path, ...]
    """The newest first."""
    finding: Finding | None = None


def backups_of(context: Context) -> Backups:
    """The backups of the repository at hand."""
    return context.once("backups", lambda: _backups(context))


def run_command(context: Context, task: str) -> tuple[str, ...]:
    """What does a task now, for the repository at hand."""
    return ("alignwatch", "maintenance", "run", task, f"--repository={context.repository.label}")


def scheduled(context: Context, task: str) -> ScheduledTask | None:
    """The schedule of a task that is done for the repository at hand; None if there is none."""
    label = context.repository.label
    return next((one for one in tasks_of(context) if one.task == task and label in one.repositories), None)


def is_new(context: Context, task: ScheduledTask | None, seconds: float) -> bool:
    """Whether a task has been scheduled for so short a time that it need not have been done yet."""
    since = registered(context).get(task.name) if task is not None else None
    return since is not None and context.now - since < seconds


def _backups(context: Context) -> Backups:
    named = context.settings.maintenance.backup.folder
    if named is None:
        return Backups((), skipped("no backups are wanted: maintenance.backup.folder names no folder"))
    wanted = Path(named)
    if not wanted.is_dir():
        remedy = "mount the disk that it is on, or make it"
        make = ("mkdir", "-m", "700", named)
        return Backups((), critical(f"{named} is not there: no backup can be made", remedy, make, key=_KEY))
    if why := unfit(wanted.resolve(), context.settings):
        return Backups(
            (), critical(f"no backups are put into {named}: {why}", "name another folder", key=_KEY)
        )
    with opened(str(wanted), ()) as root:
        store = Store(root, root.path / folder_of(context.repository.label))
        return Backups(tuple(store.folder / name for name in store.names()))
