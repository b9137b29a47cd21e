"""Faults of maintenance and of backups."""

import shutil
from collections.abc import Callable
from pathlib import Path

from alignwatch.diagnostics.status import Status
from alignwatch.git.command import Git
from alignwatch.journal.maintenance import Ending, Outcome
from alignwatch.maintenance.backups.making import Maker
from alignwatch.maintenance.backups.manifest import MANIFEST
from alignwatch.maintenance.backups.store import opened_store
from alignwatch.maintenance.backups.verdict import Verdict, write_verdict
from alignwatch.maintenance.installation import NAME, Scope, unit_folder
from support.doctor import DAY, HOUR, Case, World, all_of, older, sets
from support.injections.journal import ourselves

W, C, OK, S = Status.WARNING, Status.CRITICAL, Status.OK, Status.SKIPPED
_DUE, _ALIVE, _MISSED, _FAILED = "schedule-due", "runner-alive", "missed-runs", "failed-runs"
_AGE, _RESTORE = "backup-age", "backup-restore"
_TASK = "cache_cleanup"


def _maintenance(**values: object) -> Callable[[World], object]:
    return sets({f"maintenance.{name}": value for name, value in values.items()})


def _one_task(**values: object) -> Callable[[World], object]:
    return _maintenance(automated_tasks=[], tasks=[{"task": _TASK, **values}])


def _given_at_run_time(cron: str) -> Callable[[World], object]:
    return lambda one: one.maintenance().schedule(_TASK, cron, "UTC")


def _timer(state: str) -> Callable[[World], object]:
    def do(one: World) -> None:
        one.write(unit_folder(Scope.USER) / f"{NAME}.timer", "[Timer]\n")
        one.program("systemctl", f"echo {state}" if state else "exit 1")

    return do


def _registered(age: float = 0.0, task: str = _TASK, cron: str = "0 2 * * *") -> Callable[[World], object]:
    """Somebody looks for what is due, since so many seconds ago."""
    return lambda one: one.maintenance().register([(task, cron, "UTC")], one.now - age)


def _ran(outcome: Outcome, *, begun: bool = True, task: str = _TASK) -> Callable[[World], object]:
    def do(one: World) -> None:
        journal, now = one.maintenance(), one.now
        number = journal.claim(task, "", None, ourselves(), now)
        assert number is not None
        if begun:
            journal.begin(number, now)
        journal.finish(number, Ending(outcome, "because", 0 if outcome is Outcome.SUCCESS else 1), now)

    return do


def _taken_late(one: World) -> None:
    """Somebody was at work at two, and the slot was put off."""
    due = int(one.now // DAY * DAY + 2 * HOUR)
    journal = one.maintenance()
    number = journal.claim(_TASK, "", due, ourselves(), one.now)
    assert number is not None
    journal.finish(number, Ending(Outcome.POSTPONED, "somebody was at work"), one.now)


def _at(hour: float) -> Callable[[World], object]:
    """Lets it be so late in the day, tomorrow."""

    def do(one: World) -> None:
        one.ahead += (one.now // DAY + 1) * DAY + hour * HOUR - one.now

    return do


def _wanted(one: World) -> None:
    folder = one.folder / "backups"
    folder.mkdir(exist_ok=True)
    one.set("maintenance.backup.folder", str(folder))
    one.set("maintenance.automated_tasks", ["backup", "backup_verification"])


def _made(one: World) -> None:
    (repository,) = one.settings.repositories
    maker = Maker(Git(environment=one.environment), repository, 30)
    with opened_store(one.settings, repository.label, make=True) as store:
        made = maker.make(maker.read(), store, "bundle", one.now)
        one.known["backup"] = store.folder / made.name


def _verdict(fault: str | None) -> Callable[[World], object]:
    def do(one: World) -> None:
        verdict = Verdict(checked=one.now, fault=fault, restore_seconds=None if fault else 0.5)
        write_verdict(one.known["backup"], verdict)

    return do


def _altered(one: World) -> None:
    manifest: Path = one.known["backup"] / MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b"app", b"apq"))


_BACKED_UP = all_of(_wanted, _made)
_TESTED = all_of(_BACKED_UP, _verdict(None))
_NEW = all_of(_wanted, lambda one: _registered(0, "backup")(one))

CASES = (
    Case(_DUE, "the 30th of February", _given_at_run_time("0 2 30 2 *"), C, "never due"),
    Case(_DUE, "at noon, and the window is at night", _one_task(schedule="0 12 * * *"), W, "window"),
    Case(
        _DUE,
        "on Mondays, and the window is at weekends",
        all_of(
            _one_task(schedule="0 2 * * 1"),
            _maintenance(windows=[{"start": "02:00", "end": "04:00", "weekdays": ["sat"]}]),
        ),
        W,
        "window",
    ),
    Case(
        _DUE,
        "at two in Berlin, and the window is at two in Tokyo",
        all_of(
            _one_task(schedule="0 2 * * *", time_zone="Europe/Berlin"),
            _maintenance(windows=[{"start": "02:00", "end": "04:00", "time_zone": "Asia/Tokyo"}]),
        ),
        W,
    ),
    Case(
        _DUE,
        "windows for another repository only",
        _maintenance(windows=[{"start": "02:00", "end": "04:00", "repositories": ["other"]}]),
        W,
    ),
    Case(_DUE, "an hour before the window, within the grace", _one_task(schedule="0 1 * * *"), OK),
    Case(_DUE, "at noon, and at any time", _one_task(schedule="0 12 * * *", any_time=True), OK),
    Case(_DUE, "every hour, and some are in the window", _one_task(schedule="0 * * * *"), OK),
    Case(_DUE, "the 29th of February", _one_task(schedule="0 2 29 2 *"), OK),
    Case(
        _DUE,
        "a window over midnight",
        all_of(_one_task(schedule="30 0 * * *"), _maintenance(window_start="22:00", window_end="02:00")),
        OK,
    ),
    Case(_DUE, "maintenance is off", _maintenance(enabled=False), S),
    Case(_ALIVE, "the timer has stopped", _timer("inactive"), C, "inactive"),
    Case(_ALIVE, "the timer has failed", _timer("failed"), C, "failed"),
    Case(_ALIVE, "it was set up, and nobody runs it", World.configure, W, "nobody does"),
    Case(_ALIVE, "the timer runs", _timer("active"), OK),
    Case(_ALIVE, "the timer is there, and systemd does not answer", _timer(""), OK),
    Case(_ALIVE, "the exporter does it", all_of(World.configure, _maintenance(driver="exporter")), OK),
    Case(_ALIVE, "cron does it", all_of(World.configure, _registered()), OK),
    Case(_ALIVE, "nobody has set it up", lambda one: None, S),
    Case(_ALIVE, "maintenance is off", all_of(World.configure, _maintenance(enabled=False)), S),
    Case(_MISSED, "nobody came for three days", all_of(_registered(3.2 * DAY), _at(12)), W, "not taken"),
    Case(_MISSED, "nobody came tonight", all_of(_at(1), _registered(), older(7 * HOUR)), W, "1 times"),
    Case(_MISSED, "due half an hour ago", all_of(_at(1), _registered(), older(1.5 * HOUR)), OK),
    Case(
        _MISSED,
        "put off tonight",
        all_of(_at(1), _registered(), older(2 * HOUR), _taken_late, older(9 * HOUR)),
        OK,
    ),
    Case(_MISSED, "scheduled since an hour", all_of(_at(12), _registered(HOUR)), OK),
    Case(_MISSED, "nobody runs anything", lambda one: None, OK),
    *(
        Case(_FAILED, f"the last run ended with {outcome}", _ran(outcome), W, outcome)
        for outcome in (Outcome.FAILED, Outcome.TIMEOUT, Outcome.CRASHED)
    ),
    Case(
        _FAILED,
        "put off for four days",
        all_of(_ran(Outcome.POSTPONED, begun=False), older(4 * DAY), _ran(Outcome.POSTPONED, begun=False)),
        W,
        "2 times",
    ),
    Case(
        _FAILED, "one failed, and the next succeeded", all_of(_ran(Outcome.FAILED), _ran(Outcome.SUCCESS)), OK
    ),
    Case(_FAILED, "one was put off", _ran(Outcome.POSTPONED, begun=False), OK),
    Case(_FAILED, "one had nothing to do", _ran(Outcome.SKIPPED), OK),
    Case(
        _FAILED,
        "put off four days ago, and done since",
        all_of(_ran(Outcome.POSTPONED, begun=False), older(4 * DAY), _ran(Outcome.SUCCESS)),
        OK,
    ),
    Case(_FAILED, "what is not scheduled any more failed", _ran(Outcome.FAILED, task="gone"), OK),
    Case(_AGE, "there is no backup", _wanted, C, "no backup"),
    Case(_AGE, "the newest is three days old", all_of(_BACKED_UP, older(3 * DAY)), C, "3 d old"),
    Case(_AGE, "its manifest was altered", all_of(_BACKED_UP, _altered), C, "altered"),
    Case(
        _AGE,
        "its manifest is gone",
        all_of(_BACKED_UP, lambda one: (one.known["backup"] / MANIFEST).unlink()),
        C,
    ),
    Case(
        _AGE,
        "the folder of backups is gone",
        all_of(_wanted, lambda one: shutil.rmtree(one.folder / "backups")),
        C,
        "is not there",
    ),
    Case(
        _AGE,
        "backups in the repository",
        lambda one: one.set("maintenance.backup.folder", str(one.app)),
        C,
        "no backups are put",
    ),
    Case(_AGE, "no task makes them", all_of(_TESTED, _maintenance(automated_tasks=[])), W, "no task makes"),
    Case(_AGE, "the newest is of yesterday", all_of(_BACKED_UP, older(DAY)), OK),
    Case(_AGE, "wanted since today, and none yet", _NEW, S),
    Case(_AGE, "none are wanted", lambda one: None, S),
    Case(
        _RESTORE,
        "the last could not be restored",
        all_of(_BACKED_UP, _verdict("a pack is damaged")),
        C,
        "damaged",
    ),
    Case(_RESTORE, "none was ever restored", _BACKED_UP, W, "ever"),
    Case(_RESTORE, "the last was restored a week ago", all_of(_TESTED, older(7 * DAY)), W, "7 d"),
    Case(
        _RESTORE,
        "no task restores them",
        all_of(_TESTED, _maintenance(automated_tasks=["backup"])),
        W,
        "nobody",
    ),
    Case(_RESTORE, "restored today", _TESTED, OK),
    Case(
        _RESTORE,
        "restored days ago, as it is scheduled once a week",
        all_of(
            _TESTED,
            _maintenance(tasks=[{"task": "backup_verification", "schedule": "0 2 * * 0"}]),
            older(9 * DAY),
        ),
        OK,
    ),
    Case(_RESTORE, "scheduled since today", all_of(_BACKED_UP, _registered(0, "backup_verification")), S),
    Case(_RESTORE, "no backups are wanted", lambda one: None, S),
)
