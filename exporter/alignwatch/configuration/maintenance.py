"""What has to hold between the values of the section ``maintenance``."""

import zoneinfo
from collections.abc import Iterator
from pathlib import Path

from alignwatch.configuration.fault import KeyPath
from alignwatch.configuration.problem import Problem, Rule
from alignwatch.configuration.refusal import nearest, shown
from alignwatch.maintenance.backups.place import unfit
from alignwatch.maintenance.cron import fault
from alignwatch.maintenance.schedule import COMMAND
from alignwatch.maintenance.tasks import TASKS, load
from alignwatch.settings import MaintenanceTask, Settings, Window

_HERE: KeyPath = ("maintenance",)
_BACKUP = "backup"


def schedules(settings: Settings) -> Iterator[Problem]:
    """What runs the schedule also judges it."""
    given: dict[KeyPath, str | None] = {(*_HERE, "schedule"): settings.maintenance.schedule}
    for number, task in enumerate(settings.maintenance.tasks):
        given[*_HERE, "tasks", number, "schedule"] = task.schedule
    for path, cron in given.items():
        if cron is not None and (why := fault(cron)):
            yield Problem(
                (path,),
                f"{shown(cron)} is no cron expression: {why}",
                'write five fields, minute hour day month weekday, such as "0 2 * * *"',
            )


def time_zones(settings: Settings) -> Iterator[Problem]:
    """The zones have to be known on this machine."""
    given: dict[KeyPath, str | None] = {(*_HERE, "time_zone"): settings.maintenance.time_zone}
    for section, entries in _entries(settings).items():
        for number, entry in enumerate(entries):
            given[*_HERE, section, number, "time_zone"] = entry.time_zone
    for path, name in given.items():
        if name is not None and not _is_zone(name):
            known = zoneinfo.available_timezones()
            near = nearest(name, known)
            remedy = f"did you mean {near}?" if near else "write an IANA name, such as Europe/Berlin"
            yield Problem(
                (path,),
                f"{shown(name)} is no time zone that this machine knows",
                remedy if known else "install the time zones: apt-get install tzdata",
            )


def windows(settings: Settings) -> Iterator[Problem]:
    """A window from a time to the same time could mean no time at all or all day."""
    maintenance = settings.maintenance
    given = [(maintenance.window_start, maintenance.window_end, _HERE, ("window_start", "window_end"))]
    for number, one in enumerate(maintenance.windows):
        given.append((one.start, one.end, (*_HERE, "windows", number), ("start", "end")))
    for start, end, here, (first, last) in given:
        if start == end:
            yield Problem(
                ((*here, last), (*here, first)),
                f"the window from {start} to {end} has no length",
                f"make {last} differ from {first}",
            )


def tasks(settings: Settings) -> Iterator[Problem]:
    """What is scheduled has to exist."""
    maintenance = settings.maintenance
    known = [name for name in TASKS if name != COMMAND]
    named = {one.label for one in maintenance.tasks if one.task in TASKS}
    given: dict[KeyPath, tuple[str, list[str]]] = {
        (*_HERE, "tasks", number, "task"): (one.task, [*known, COMMAND])
        for number, one in enumerate(maintenance.tasks)
    }
    for number, name in enumerate(maintenance.automated_tasks):
        given[*_HERE, "automated_tasks", number] = (name, [*known, *sorted(named)])
    for path, (name, choice) in given.items():
        if name not in choice:
            yield Problem(
                (path,), f"there is no task {shown(name)}", f"choose from {', '.join(dict.fromkeys(choice))}"
            )


def task_names(settings: Settings) -> Iterator[Problem]:
    """Two tasks of one name would share their slots."""
    labels = [one.label for one in settings.maintenance.tasks]
    for number, label in enumerate(labels):
        here: KeyPath = (*_HERE, "tasks", number)
        if (first := labels.index(label)) < number:
            yield Problem(
                ((*here, "name"), (*here, "task")),
                f"{shown(label)} is the name of maintenance.tasks[{first}] too",
                "give each a name of its own, such as name: other",
            )
        elif label in TASKS and label != settings.maintenance.tasks[number].task:
            yield Problem(
                ((*here, "name"),),
                f"{shown(label)} is what another task does",
                "give it another name, such as name: other",
            )


def commands(settings: Settings) -> Iterator[Problem]:
    """A program is run by the task that runs programs, and by no other."""
    for number, task in enumerate(settings.maintenance.tasks):
        here: KeyPath = (*_HERE, "tasks", number)
        if (task.task == COMMAND) != bool(task.command):
            yield Problem(
                ((*here, "command"), (*here, "task")),
                f"the task {COMMAND} and a list of program and arguments go together",
                "give both, such as {task: command, name: sync, command: [/usr/local/bin/sync]}",
            )


def expectations(settings: Settings) -> Iterator[Problem]:
    """Of a program of the user's nobody knows what it frees."""
    for number, task in enumerate(settings.maintenance.tasks):
        if task.task == COMMAND and task.expected_freed_bytes:
            yield Problem(
                ((*_HERE, "tasks", number, "expected_freed_bytes"),),
                f"nobody knows what a task {COMMAND} frees",
                "remove expected_freed_bytes, and have the program fail when it frees too little",
            )


def repositories(settings: Settings) -> Iterator[Problem]:
    """Only watched repositories are maintained, and only by what concerns a repository."""
    known = {one.label for one in settings.repositories}
    for section, entries in _entries(settings).items():
        for number, entry in enumerate(entries):
            for position, name in enumerate(entry.repositories):
                if name not in known:
                    yield Problem(
                        ((*_HERE, section, number, "repositories", position),),
                        f"{shown(name)} is no repository of this file",
                        f"choose from {', '.join(sorted(known)) or 'those under repositories:'}",
                    )
    for number, task in enumerate(settings.maintenance.tasks):
        if task.repositories and task.task in TASKS and not _is_for_repositories(task.task):
            yield Problem(
                ((*_HERE, "tasks", number, "repositories"),),
                f"{task.task} concerns the whole machine",
                "remove repositories",
            )


def backups(settings: Settings) -> Iterator[Problem]:
    """A backup inside of what it is a backup of goes with it; one that nobody makes is none."""
    folder, here = settings.maintenance.backup.folder, (*_HERE, "backup", "folder")
    if folder is None:
        return
    if why := unfit(Path(folder).resolve(), settings):
        yield Problem(
            (here,),
            f"{shown(folder)} cannot hold backups: {why}",
            "name a folder outside of every repository, best on another disk",
        )
    scheduled = (*settings.maintenance.automated_tasks, *(one.task for one in settings.maintenance.tasks))
    if _BACKUP not in scheduled:
        yield Problem(
            (here,),
            f"nobody makes backups by this file: the task {_BACKUP} has no schedule",
            f"add {_BACKUP} to maintenance.automated_tasks, before backup_verification",
            warning=True,
        )


RULES: tuple[Rule, ...] = (
    schedules,
    time_zones,
    windows,
    tasks,
    task_names,
    commands,
    expectations,
    repositories,
    backups,
)


def _entries(settings: Settings) -> dict[str, tuple[MaintenanceTask | Window, ...]]:
    return {"tasks": settings.maintenance.tasks, "windows": settings.maintenance.windows}


def _is_for_repositories(task: str) -> bool:
    return task == COMMAND or load(task).needs.repository


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
