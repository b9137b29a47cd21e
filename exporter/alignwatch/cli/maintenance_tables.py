"""How ``alignwatch maintenance`` shows tasks, plans and runs."""

from collections.abc import Iterable, Sequence

from alignwatch.cli.common import json_text
from alignwatch.journal.maintenance import Ending, LatestRun, MaintenanceReading, Run
from alignwatch.maintenance.cron import frequency, next_due
from alignwatch.maintenance.plan import Plan
from alignwatch.maintenance.schedule import ScheduledTask
from alignwatch.text import printable, size, span, table, timestamp, timestamp_if

_NONE = "-"
_OUTPUT_INDENT = "    "


def task_table(tasks: Iterable[ScheduledTask], reading: MaintenanceReading, now: float, *, json: bool) -> str:
    """The tasks, when each is due and how it went last."""
    objects = [_task(one, reading, now) for one in tasks]
    if json:
        return json_text(objects)
    rows = [
        [
            str(one["task"]),
            str(one["schedule"]),
            str(one["time_zone"]),
            _text(one["next_run"]),
            _text(one["last_start"]),
            _text(one["last_success"]),
            str(one["note"]),
        ]
        for one in objects
    ]
    header = ("task", "schedule", "time zone", "next run", "last start", "last success", "")
    return table(header, rows) if rows else "maintenance is off: maintenance.enabled is false"


def plan_text(plan: Plan, *, json: bool) -> str:
    """The slots to come, and the warnings below."""
    objects = [
        {**run._asdict(), "due": timestamp(run.due), "start": timestamp_if(run.start)} for run in plan.runs
    ]
    if json:
        return json_text({"runs": objects, "warnings": plan.warnings})
    rows = [
        [timestamp(run.due), _text(timestamp_if(run.start)), run.task, run.repository, run.note]
        for run in plan.runs
    ]
    lines = [table(("due", "may begin", "task", "repository", ""), rows) if rows else "nothing is due"]
    if plan.warnings:
        lines += ["", *(f"warning: {printable(one)}" for one in plan.warnings)]
    return "\n".join(lines)


def history_table(runs: Sequence[Run], *, json: bool) -> str:
    """What was done."""
    if json:
        return json_text([_run(run) for run in runs])
    rows = [
        [
            timestamp(run.started or run.ended or run.claimed),
            run.task,
            run.repository,
            run.outcome or ("runs" if run.started else "waits"),
            _duration(run),
            _NONE if run.freed_bytes is None else size(run.freed_bytes),
            run.reason,
        ]
        for run in runs
    ]
    header = ("time", "task", "repository", "outcome", "took", "freed", "reason")
    return table(header, rows, right=frozenset({4, 5})) if rows else "nothing was done yet"


def told(task: str, repository: str, ending: Ending) -> str:
    """A run that has just ended, and what it printed."""
    where = f" of {printable(repository)}" if repository else ""
    why = f": {printable(ending.reason)}" if ending.reason else ""
    output = ending.output.removesuffix(ending.reason)  # It is the last that a task prints.
    lines = [f"{_OUTPUT_INDENT}{printable(line)}".rstrip() for line in output.splitlines()]
    return "\n".join([f"{task}{where}: {ending.outcome}{why}", *lines])


def _task(task: ScheduledTask, reading: MaintenanceReading, now: float) -> dict[str, object]:
    latest = [one for one in reading.latest if one.task == task.name]
    successes = [one.last_success for one in latest if one.last_success is not None]
    return {
        "task": task.name,
        "does": task.task,
        "schedule": task.cron,
        "time_zone": task.time_zone,
        "frequency": frequency(task.cron),
        "repositories": [one for one in task.repositories if one],
        "available": task.available,
        "next_run": timestamp_if(next_due(task.cron, task.time_zone, now)),
        "last_start": timestamp_if(max((one.last_start for one in latest), default=None)),
        "last_success": timestamp_if(max(successes, default=None)),
        "note": _note(task, latest),
        "runs": {one.outcome: one.number for one in reading.totals if one.task == task.name},
    }


def _note(task: ScheduledTask, latest: Iterable[LatestRun]) -> str:
    """What a person should know about it at once."""
    if not task.available:
        return "not available in this version"
    notes = []
    for one in latest:
        where = f" of {one.repository}" if one.repository else ""
        if one.last_exit_code:
            notes.append(f"its last run{where} failed")
        elif one.shortfall_bytes:
            notes.append(f"its last run{where} freed {size(one.shortfall_bytes)} too little")
    return ", ".join(notes)


def _run(run: Run) -> dict[str, object]:
    return {
        "task": run.task,
        "repository": run.repository or None,
        "due": timestamp_if(run.due),
        "started": timestamp_if(run.started),
        "ended": timestamp_if(run.ended),
        "outcome": run.outcome,
        "exit_code": run.exit_code,
        "seconds": run.ended - run.started if run.ended and run.started else None,
        "freed_bytes": run.freed_bytes,
        "shortfall_bytes": run.shortfall_bytes,
        "reason": run.reason,
        "output": run.output,
    }


def _duration(run: Run) -> str:
    return span(run.ended - run.started) if run.ended and run.started else _NONE


def _text(value: object) -> str:
    return _NONE if value is None else str(value)
