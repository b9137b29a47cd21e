"""When is maintenance due, and how did it go?"""

from alignwatch.journal.maintenance import MaintenanceReading
from alignwatch.maintenance.cron import next_due
from alignwatch.maintenance.schedule import ScheduledTask, Timing, scheduled_tasks
from alignwatch.maintenance.windows import window_active
from alignwatch.web.page.html import Child, element
from alignwatch.web.page.parts import Column, Part, length, moment, paragraph, table, verdict
from alignwatch.web.page.view import View

_COLUMNS = (
    Column("Task"),
    Column("Next"),
    Column("Last start"),
    Column("Last success"),
    Column("Last result"),
    Column("Took", "number"),
)


def upkeep(view: View) -> Part:
    """The tasks, and whether a window is open."""
    reading = view.journal.maintenance if view.journal else None
    timings = {name: Timing(*one) for name, one in reading.timings.items()} if reading else {}
    tasks = scheduled_tasks(view.settings, timings)
    if not tasks:
        return Part("Maintenance", paragraph("It is off."))
    told = [table("Tasks", _COLUMNS, [_task(one, reading, view.taken) for one in tasks])]
    if window_active(view.settings.maintenance, view.taken):
        told.insert(0, paragraph("A window is open now: alerts are held back."))
    if reading is not None and not reading.registered:
        told.insert(
            0, paragraph("Nobody starts what is due: ", element("code", "alignwatch maintenance install"))
        )
    return Part("Maintenance", told)


def _task(task: ScheduledTask, reading: MaintenanceReading | None, now: float) -> dict[str, Child]:
    due = next_due(task.cron, task.time_zone, now) if task.available else None
    told = moment(due, now) if task.available else "not in this version"
    return {"Task": task.name.replace("_", " "), "Next": told, **_went(task, reading, now)}


def _went(task: ScheduledTask, reading: MaintenanceReading | None, now: float) -> dict[str, Child]:
    """Of all repositories together: one broken repository must not hide behind the others."""
    latest = [one for one in reading.latest if one.task == task.name] if reading else []
    successes = [one.last_success for one in latest]
    codes = [one.last_exit_code for one in latest if one.last_exit_code is not None]
    seconds = [one.last_seconds for one in latest if one.last_seconds is not None]
    everywhere = min((one for one in successes if one is not None), default=None) if all(successes) else None
    running = reading is not None and any(name == task.name for name, _ in reading.running)
    return {
        "Last start": moment(max((one.last_start for one in latest), default=None), now),
        "Last success": moment(everywhere, now),
        "Last result": _result(codes, running=running),
        "Took": length(max(seconds)) if seconds else None,
    }


def _result(codes: list[int], *, running: bool) -> Child:
    if running:
        return verdict("running")
    if not codes:
        return None
    worst = max(codes, key=abs)
    return verdict("failed", f"exit code {worst}") if worst else verdict("success")
