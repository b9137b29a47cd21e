"""A month in the life of one exporter that watches one repository, told by a simulated clock.

Operations, events and maintenance go through a real journal; readings are as the probes would give them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TypeVar

from alignwatch.git.command import Git
from alignwatch.git.fsck import KINDS as FSCK_KINDS
from alignwatch.journal.events import Event
from alignwatch.journal.maintenance import Ending, MaintenanceJournal
from alignwatch.journal.maintenance import Outcome as Ended
from alignwatch.journal.reading import JournalReading
from alignwatch.journal.running import Owner, Running
from alignwatch.journal.store import Journal
from alignwatch.lost_work import EVENT as WORK_LOST
from alignwatch.maintenance.schedule import scheduled_tasks
from alignwatch.maintenance.tasks import load
from alignwatch.operation import Evidence, Kind, Operation, Outcome, Phase, Resources
from alignwatch.primaries.finding import LINES_LOST, MASS_DELETION, REWOUND
from alignwatch.probes import doctor_tasks, noting_tasks, tasks_of
from alignwatch.probes.runner import Task
from alignwatch.publisher import Knowledge
from alignwatch.session import Session, SessionState
from alignwatch.settings import BranchSeries, Repository, Settings
from alignwatch.snapshot import (
    AlignmentProcess,
    CommitGraphReading,
    DiskCounters,
    DoctorReading,
    FileSystem,
    FileSystemsReading,
    FsckReading,
    HostReading,
    InProgress,
    Lock,
    LostWorkReading,
    PrimariesReading,
    ProbeRun,
    ProcessesReading,
    Reading,
    Reason,
    RepositoryReading,
    Snapshot,
)
from alignwatch.text import timestamp
from alignwatch.tracking.trace.listener import TraceReading
from alignwatch.tracking.trend import WINDOW_SECONDS, Trends, trend_of
from alignwatch.tracking.verification import NOT_CONTAINED, UNKNOWN
from support.activity import DAYS, Activity, Hours
from support.branch_life import DAY, Branches
from support.habits import PLAIN, Habits
from support.month_pages import Pages
from support.readings import GIB

BEGIN = 1_761_264_000
"""A midnight (UTC)."""
STEP = 300
"""Seconds between two scrapes."""
MOMENTS = range(BEGIN, BEGIN + DAYS * int(DAY), STEP)
REPOSITORY = Repository(path="/srv/app", name="app", branch_series=BranchSeries(limit=0))
"""Its branches have no series of their own: the rules read none of these."""

_BRANCHES = 200
_MAINTENANCE_HOUR = 2
_FSCK_HOUR = 5
_LIAR = "agent/liar"
_Choice = TypeVar("_Choice")
_NOBODY = Owner(1, "", 0)
_EVIDENCE = Evidence("a" * 40, "b" * 40, "c" * 40, left_in_progress=False)


class What(Enum):
    """What happens besides what is done in the repository."""

    EXPORTER_AWAY = auto()
    LOCK_HELD = auto()
    """By a git at work."""
    LOCK_LEFT = auto()
    """By a git that was killed."""
    PAUSED = auto()
    """A rebase has stopped at a conflict and waits for a person."""
    REFACTORING = auto()
    """A landing that touches two thirds of the code, and deletes much of it."""
    LIE = auto()
    """A tool claims a success that git does not confirm."""
    VAGUE = auto()
    """A tool claims a success of which git can tell neither way."""
    WORK_LOST = auto()
    """Somebody deletes a branch that was nowhere else."""
    REWOUND = auto()
    """Somebody resets a primary."""
    LINES_LOST = auto()
    """A merge drops what a side brought."""
    TASK_FAILS = auto()
    """Of the maintenance."""
    SLOW = auto()
    """Whatever is aligned takes ten times as long."""
    PROBE_FAILS = auto()
    """git fsck takes too long."""
    FAILING = auto()
    """Every second operation fails."""


@dataclass(frozen=True)
class Incident:
    """One thing that happens."""

    what: What
    day: int
    """The first is 0."""
    hour: float
    hours: float = 0.0
    """How long it lasts; what happens at one moment does not."""
    since: int = BEGIN
    """What days and hours are counted from."""

    @property
    def begin(self) -> float:
        """Seconds since the epoch."""
        return self.since + self.day * DAY + self.hour * 3600

    @property
    def end(self) -> float:
        """Seconds since the epoch."""
        return self.begin + self.hours * 3600


@dataclass
class Month:
    """One exporter, one repository."""

    activity: Activity
    incidents: Iterable[Incident]
    folder: Path
    """For the journal."""
    repository: Repository = REPOSITORY
    habits: Habits = PLAIN
    checks: Mapping[str, str] = field(default_factory=dict)
    """What the doctor finds: check -> status."""
    moments: range = MOMENTS
    """Of the scrapes; from a midnight (UTC) on."""
    chance: Random = field(default_factory=lambda: Random(649))
    commits_now: int = 0
    """Made since the last moment."""
    operations: int = 0
    started: float = 0.0
    """When the exporter did."""
    pressure: float = 0.0
    """Seconds in which something has waited for a disk."""
    worked: float = 0.0
    """Seconds of all processors."""
    _drift: tuple[Reading, ...] = ()
    _read: tuple[int, JournalReading] | None = None
    """The journal's version, and what was read then."""
    _found: Trends = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.started = self.moments.start - 3 * DAY

    def openmetrics(self) -> Iterator[str]:
        """OpenMetrics' text format with a timestamp on each sample: what the rules read, moment by moment."""
        pages = Pages(self.habits)
        self.begin()
        for moment in self.moments:
            yield "".join([f"{line} {moment}\n" for line in self.page(pages, moment)])
        yield "# EOF\n"
        self.close()

    def begin(self) -> None:
        """Makes what there is before the first moment."""
        self.branches.begin(_BRANCHES)

    def page(self, pages: Pages, moment: int) -> list[str]:
        """What happens until this moment, and what a scrape finds then; moment follows moment."""
        now = float(moment)
        self._live(now)
        up = f"up{pages.labels({})}"
        if any(self.going_on(now, What.EXPORTER_AWAY)):
            self.started = now + 60
            return [f"{up} 0"]
        return [f"{up} 1", *pages.lines(self._knowledge(now), self.started)]

    def close(self) -> None:
        """Closes the journal."""
        self.journal.close()
        self.maintenance.close()

    @cached_property
    def settings(self) -> Settings:
        """The exporter's."""
        return Settings(state_dir=str(self.folder), repositories=(self.repository,))

    @cached_property
    def journal(self) -> Journal:
        """The exporter's."""
        return Journal(self.folder / "journal.sqlite3")

    @cached_property
    def maintenance(self) -> MaintenanceJournal:
        """In the same file."""
        return MaintenanceJournal(self.folder / "journal.sqlite3")

    @cached_property
    def branches(self) -> Branches:
        """The repository's."""
        return Branches(self.chance, self.moments.start, self.repository.primaries)

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The exporter's probes, of which only the clocks are used."""
        git = Git()
        doctor = doctor_tasks(self.settings, None) if self.checks else ()
        return (*tasks_of(self.settings, git), *noting_tasks(self.settings, git, self.journal), *doctor)

    # ------------------------------------------------------------ What happens

    def _live(self, now: float) -> None:
        self.branches.now = now
        self.commits_now = self._share(self.activity.commits, now)
        for _ in range(self.commits_now):
            self._commit(now)
        for _ in range(self._share(self.activity.landings, now)):
            self.branches.land()
        for incident in self.incidents:
            if now - self.moments.step < incident.begin <= now:
                self._begin(incident, now)
            if incident.what is What.PAUSED and now - self.moments.step < incident.end <= now:
                self._resolve(incident)
        self._maintain(now)

    def _share(self, hours: Hours, now: float) -> int:
        """What falls into these minutes of what is done in the hour: by chance, never more than all of it."""
        day, second = divmod(int(now) - self.moments.start, int(DAY))
        number, moments = hours[day % DAYS][second // 3600], 3600 // self.moments.step
        drawn = Random(int(now) // 3600)
        return [drawn.randrange(moments) for _ in range(number)].count(second % 3600 // self.moments.step)

    def _commit(self, now: float) -> None:
        if self.chance.random() < 1 / 6:
            self.branches.arrive()
        else:
            self.branches.commit()
        if self.chance.random() < 1 / 3:
            kind, outcome = self.drawn(self.habits.kinds), self.drawn(self.habits.outcomes)
            if any(self.going_on(now, What.FAILING)) and self.operations % 2:
                outcome = Outcome.FAILED
            branch = self.branches.align() if outcome is Outcome.SUCCESS else "bolt/1"
            self.record(kind, outcome, now, branch)

    def drawn(self, shares: Mapping[_Choice, int]) -> _Choice:
        """One of them by chance."""
        return self.chance.choices(list(shares), list(shares.values()))[0]

    def record(self, kind: Kind, outcome: Outcome, now: float, branch: str, waiting: float = 0.0) -> None:
        """An operation has just ended."""
        self.operations += 1
        busy = (1 + self.commits_now / 4) * (10 if any(self.going_on(now, What.SLOW)) else 1)
        seconds = self.habits.seconds[kind] * self.chance.lognormvariate(0, 0.8) * busy
        phases = self.habits.phases.items() if kind is Kind.ALIGN else ()
        primaries = self.repository.primaries
        self.journal.record(
            Operation(
                operation_id=str(self.operations),
                repository=self.repository.label,
                kind=kind,
                branch=branch,
                target=primaries[self.operations % 3 % len(primaries)],
                started=now - 5 - seconds - waiting,
                duration=seconds,
                waiting=waiting,
                outcome=outcome,
                resources=Resources(0.7 * seconds, (60 + round(4 * seconds)) << 20, round(30 * seconds)),
                phases=tuple(Phase(name, share * seconds) for name, share in phases),
                evidence=_EVIDENCE if branch == _LIAR else None,
            )
        )

    def _begin(self, incident: Incident, now: float) -> None:
        match incident.what:
            case What.REFACTORING:
                self.branches.land(touched=20, share=0.8)
                self._note(MASS_DELETION, "main", now)
            case What.REWOUND:
                self._note(REWOUND, "main", now)
            case What.LINES_LOST:
                self._note(LINES_LOST, "main", now)
            case What.WORK_LOST:
                self._note(WORK_LOST, "feature/x", now)
            case What.LIE:
                self._claim(NOT_CONTAINED, now)
            case What.VAGUE:
                self._claim(UNKNOWN, now)
            case What.PAUSED:
                self.journal.begin(
                    Running(
                        f"paused {incident.begin}",
                        self.repository.label,
                        Kind.REBASE,
                        "fix/9",
                        self.repository.primaries[0],
                        incident.begin,
                        "trace2",
                        None,
                    )
                )

    def _claim(self, finding: str, now: float) -> None:
        self.record(Kind.REBASE, Outcome.SUCCESS, now, _LIAR)
        (claim,) = (one for one in self.journal.claims(10_000) if one.branch == _LIAR)
        self.journal.settle(claim, finding)

    def _resolve(self, incident: Incident) -> None:
        self.journal.withdraw(self.repository.label, f"paused {incident.begin}")
        self.record(Kind.REBASE, Outcome.SUCCESS, incident.end, "fix/9", waiting=3600 * incident.hours)

    def _note(self, event: str, branch: str, now: float) -> None:
        label = self.repository.label
        happened = Event(label, event, branch, "a" * 40, "b" * 40, "b" * 40, ("a",), 1, "", now)
        self.journal.note_events(label, [happened])

    def _maintain(self, now: float) -> None:
        """Each task runs when it is due; what needs the repository quiet is put off while a rebase waits."""
        begin = self.moments.start
        if now == begin:
            tasks = scheduled_tasks(self.settings)
            self.maintenance.register([(one.name, one.cron, one.time_zone) for one in tasks], now)
        if (now - begin) % DAY != _MAINTENANCE_HOUR * 3600:
            return
        for task in scheduled_tasks(self.settings):
            for repository in task.repositories:
                number = self.maintenance.claim(task.name, repository, int(now), _NOBODY, now)
                assert number is not None
                if load(task.task).needs.quiet and any(self.going_on(now, What.PAUSED)):
                    self.maintenance.finish(number, Ending(Ended.POSTPONED), now)
                    continue
                self.maintenance.begin(number, now)
                ending = Ending(Ended.SUCCESS, exit_code=0, freed_bytes=200 << 20)
                if any(self.going_on(now, What.TASK_FAILS)):
                    ending = Ending(Ended.FAILED, exit_code=1)
                self.maintenance.finish(number, ending, now + 60)

    def going_on(self, now: float, *kinds: What) -> Iterator[Incident]:
        """The incidents of these kinds that go on now."""
        return (one for one in self.incidents if one.what in kinds and one.begin <= now < one.end)

    # ------------------------------------------------------------ What the exporter knows of it

    def _knowledge(self, now: float) -> Knowledge:
        taken = now - 7
        return Knowledge(
            settings=self.settings,
            snapshot=Snapshot(taken, {(run.probe, run.repository): run for run in self._runs(taken)}),
            journal=self.reading(now),
            trends=self._trends(now),
            reload_ok=True,
            reload_time=self.started,
            session=Session(state=SessionState.RUNNING, since=timestamp(self.started)),
            trace=TraceReading(taken, True, 0, 0, None),
        )

    def _runs(self, taken: float) -> Iterator[ProbeRun]:
        readings = {type(one).probe: one for one in self._readings(taken)}
        fails = any(self.going_on(taken, What.PROBE_FAILS))
        for task in self.tasks:
            started = taken - min(20.0, task.interval)
            value: Reading | None = readings[task.name]
            reason, succeeded = None, started
            if fails and task.name == FsckReading.probe:
                value, reason, succeeded = None, Reason.TIMEOUT, started - DAY
            yield ProbeRun(
                task.name,
                task.repository,
                started,
                0.1,
                value,
                reason,
                reason,
                succeeded,
                task.maximum_age,
            )

    def _readings(self, now: float) -> Iterator[Reading]:
        if self.branches.changed:
            self._drift = self.branches.readings()
        yield from self._drift
        yield from self._machine(now)
        yield self._repository(now)
        midnight = now - (now - self.moments.start) % DAY
        checked = midnight + _FSCK_HOUR * 3600
        if checked > now:
            checked -= DAY
        yield FsckReading(checked, 240.0, True, 0, dict.fromkeys(FSCK_KINDS, False), ())
        yield ProcessesReading(tuple(self.processes(now)))
        yield PrimariesReading(dict.fromkeys(self.repository.primaries, "m"))
        yield LostWorkReading(0)
        yield CommitGraphReading(0)
        yield DoctorReading(self.checks)

    def processes(self, _now: float) -> Iterable[AlignmentProcess]:
        """Those at work; none here, since the rules do not count them."""
        return ()

    def _machine(self, now: float) -> Iterator[Reading]:
        """CI runs for every commit; fsck and maintenance read much at night; builds fill the disk."""
        hour = (now - self.moments.start) % DAY / 3600
        reads = any(begin <= hour < begin + 0.2 for begin in (_MAINTENANCE_HOUR, _FSCK_HOUR))
        self.pressure += (0.95 if reads else 0.05) * self.moments.step
        busy = min(self.commits_now / 8, 1.0)
        since_start = now - self.started
        cpu_ratio = 0.1 + 0.88 * busy
        self.worked += 8 * cpu_ratio * self.moments.step
        done = round(self.pressure * 40) << 20
        yield HostReading(
            cpu_seconds={
                "user": self.worked,
                "idle": 8 * (now + self.moments.step - self.moments.start) - self.worked,
            },
            cpus=8,
            cpu_ratio=cpu_ratio,
            cpu_window=300.0,
            load=(8 * cpu_ratio, 1.0, 1.0),
            memory_total=16 * GIB,
            memory_available=round((10 - 6 * busy + self.chance.random()) * GIB),
            swap_total=0,
            swap_free=0,
            disks=(DiskCounters("vda", done, done // 2, done >> 14, done >> 15),),
            pressure_seconds={"cpu": since_start * 0.1, "memory": busy * 3, "io": self.pressure},
        )
        # Maintenance takes away what a day's builds have left.
        used = 50 + 10 * ((hour - _MAINTENANCE_HOUR) % 24) / 24 + 5 * self.commits_now / 20
        free = round((100 - used) * GIB)
        yield FileSystemsReading((FileSystem("/srv", 100 * GIB, free, free, 6_000_000, 5_000_000),))

    def _repository(self, now: float) -> RepositoryReading:
        locks = tuple(
            Lock("index", "/srv/app/.git/index.lock", one.begin, held=one.what is What.LOCK_HELD)
            for one in self.going_on(now, What.LOCK_HELD, What.LOCK_LEFT)
        )
        waiting = tuple(
            InProgress("rebase", "/srv/app-fix", "fix/9", one.begin)
            for one in self.going_on(now, What.PAUSED)
        )
        return RepositoryReading(
            path="/srv/app",
            worktrees=("/srv/app", "/srv/app-fix"),
            head="main",
            head_exists=True,
            branches=len(self.branches.members),
            locks=locks,
            in_progress=waiting,
            # git's own clean-up begins at 6,700.
            loose_objects=self.operations * 40 % 6700,
            loose_bytes=0,
            packs=3,
            pack_bytes=GIB,
            garbage_files=0,
            broken_refs=(),
            gc_log=False,
        )

    def reading(self, now: float) -> JournalReading:
        """The same one as before where nothing was recorded, and no extremes slide out of their window."""
        version = self.journal.version()
        if self._read is None or self._read[0] != version or self._read[1].window:
            window = self.settings.monitoring.operation_window_seconds
            self._read = version, self.journal.read(window, now)
        return self._read[1]

    def _trends(self, now: float) -> Trends:
        if (now - self.moments.start) % DAY == 0:
            durations = self.journal.durations(now - WINDOW_SECONDS, now)
            self._found = {key: trend_of(samples) for key, samples in durations.items()}
        return self._found
