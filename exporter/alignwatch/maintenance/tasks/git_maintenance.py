"""Has git's own maintenance put objects and refs into fewer files, one of git's tasks after the other.

Each begins only while nobody is at work, and what the repository holds is compared before and after.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from alignwatch.errors import AlignwatchError
from alignwatch.git.objects import disk_bytes
from alignwatch.git.repository import Repository, open_repository
from alignwatch.maintenance.git_tasks import TIMES, GitTasks, locks_of
from alignwatch.maintenance.leftovers import ensure_unlocked, find_leftovers, remove
from alignwatch.maintenance.ownership import ensure_ownership
from alignwatch.maintenance.soundness import Soundness
from alignwatch.maintenance.task import Context, Needs, PostponedError, Result, Task, TaskError
from alignwatch.settings import GitTask
from alignwatch.text import printable, size

_PERCENT = 100


def _run(context: Context) -> Result:
    assert context.repository is not None  # noqa: S101  # it is needed
    settings, deadline = context.settings.maintenance.git_maintenance, context.task.limits.seconds
    repository = open_repository(Path(context.repository.path))
    ensure_ownership(context.git, repository, deadline)
    leftovers = find_leftovers(context, context.repository, repository)
    remove(context, leftovers)
    ensure_unlocked(leftovers, locks_of(settings.tasks))
    tasks = GitTasks(context.git, repository, settings.gc_keeps_days, deadline)
    if context.dry_run:
        return Result(summary=tuple(_preview(settings.tasks, tasks)))
    _ensure_room(context, repository, tasks.needed_bytes(settings.tasks))
    return _maintain(context, repository, tasks)


def _preview(wanted: Sequence[GitTask], tasks: GitTasks) -> Iterator[str]:
    for task in wanted:
        why = tasks.why_not(task)
        yield f"{task} would be left out: {why}" if why else f"would run git maintenance {task}"
    there = tasks.objects()
    loose = f"loose objects: {there.loose_objects} ({size(there.loose_bytes)})"
    yield f"{loose}, packs: {there.packs} ({size(there.pack_bytes)})"


def _maintain(context: Context, repository: Repository, tasks: GitTasks) -> Result:
    look = Soundness(context.git, repository, context.task.limits.seconds)
    if damage := look.damage():
        raise TaskError(
            f"{repository.path}: nothing was done, it is damaged already ({damage}); see git fsck, then "
            "fetch what is missing from another clone or restore a backup",
            1,
        )
    before, room = look.inventory(), disk_bytes(repository.common_dir)
    stopped = _take_steps(context, tasks)
    if faults := list(look.faults(before)):
        print("\n".join(faults))
        raise TaskError(f"{repository.path}: after git maintenance {faults[0]}", 1)
    if stopped is not None:
        raise stopped
    left = disk_bytes(repository.common_dir)
    summary = (
        f"{len(before.names.refs)} refs and the {before.reachable} objects that they lead to are as before",
        f"{size(room)} on disk before, {size(left)} now",
        *_gc_log(repository),
    )
    return Result(max(room - left, 0), summary)


def _take_steps(context: Context, tasks: GitTasks) -> AlignwatchError | None:
    """Returns what kept it from going on: what was done until then has to be checked in any case."""
    try:
        for task in context.settings.maintenance.git_maintenance.tasks:
            if why := tasks.why_not(task):
                print(f"{task} is left out: {why}")
                continue
            for _ in range(TIMES.get(task, 1)):
                context.ensure_quiet()
                for line in tasks.run(task):
                    print(line)
            print(f"{task} is done")
    except AlignwatchError as error:
        return error
    return None


def _ensure_room(context: Context, repository: Repository, needed: int) -> None:
    disk = shutil.disk_usage(repository.common_dir / "objects")
    spare = max(disk.free - disk.total * context.task.limits.free_disk_percent / _PERCENT, 0)
    if needed > spare:
        raise PostponedError(
            f"{repository.path}: it may take {size(needed)} for a while, and only {size(spare)} of its disk "
            "may be filled (maintenance.limits.free_disk_percent)"
        )


def _gc_log(repository: Repository) -> Iterator[str]:
    """What a gc in the background has complained of: it keeps the next one from running."""
    log = repository.common_dir / "gc.log"
    if log.is_file() and (said := log.read_text("utf-8", "backslashreplace").splitlines()):
        yield f"{printable(str(log))} says: {printable(said[0])}"


TASK = Task(
    summary="have git put the objects and refs of a repository into fewer files",
    needs=Needs(repository=True, quiet=True, room=True),
    run=_run,
)
