"""A month in the life of one exporter that watches one repository, told by a simulated clock.

Operations, events and maintenance go through a real journal; readings are as the probes would give them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from pathlib import Path
from random import Random

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
from alignwatch.operation import Evidence, Kind, Operation, Outcome, Phase
from alignwatch.primaries.finding import MASS_DELETION
from alignwatch.probes import noting_tasks, tasks_of
from alignwatch.probes.runner import Task
from alignwatch.publisher import Knowledge
from alignwatch.settings import BranchSeries, Repository, Settings
from alignwatch.snapshot import (
    CommitGraphReading,
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
    RepositoryReading,
    Snapshot,
)
from alignwatch.tracking.trace.listener import TraceReading
from alignwatch.tracking.trend import WINDOW_SECONDS, Trends, trend_of
from alignwatch.tracking.verification import NOT_CONTAINED
from support.activity import DAYS, Activity, Hours
from support.branch_life import DAY, Branches
from support.month_pages import Pages, labels
from support.readings import GIB

BEGIN = 1_761_264_000
"""A midnight (UTC)."""
STEP = 300
"""Seconds between two scrapes."""
MOMENTS = range(BEGIN, BEGIN + DAYS * int(DAY), STEP)

_BRANCHES = 200
_MAINTENANCE_HOUR = 2
_FSCK_HOUR = 5
_OUTCOMES = {Outcome.SUCCESS: 72, Outcome.CONFLICT: 20, Outcome.NOT_NEEDED: 5, Outcome.FAILED: 3}
"""In a hundred operations."""
_USUAL_SECONDS = {Kind.REBASE: 3.0, Kind.ALIGN: 60.0}
_PHASE_SHARES = {"rebase_operation": 0.7, "validation": 0.3}
_LIAR = "agent/liar"
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
    WORK_LOST = auto()
    """Somebody deletes a branch that was nowhere else."""


@dataclass(frozen=True)
class Incident:
    """One thing that happens."""

    what: What
    day: int
    """The first is 0."""
    hour: float
    hours: float = 0.0
    """How long it lasts; what happens at one moment does not."""

    @property
    def begin(self) -> float:
        """Seconds since the epoch."""
        return BEGIN + self.day * DAY + self.hour * 3600

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
    chance: Random = field(default_factory=lambda: Random(649))
    commits_now: int = 0
    """Made since the last moment."""
    operations: int = 0
    started: float = BEGIN - 3 * DAY
    """When the exporter did."""
    pressure: float = 0.0
    """Seconds in which something has waited for a disk."""
    _drift: tuple[Reading, ...] = ()
    _read: tuple[int, JournalReading] | None = None
    """The journal's version, and what was read then."""
    _found: Trends = field(default_factory=dict)

    def openmetrics(self) -> Iterator[str]:
        """OpenMetrics' text format with a timestamp on each sample: what the rules read, moment by moment."""
        pages = Pages()
        self.branches.begin(_BRANCHES)
        for moment in MOMENTS:
            now = float(moment)
            self._live(now)
            lines = [f"up{labels({})} 1"]
            if any(self._going_on(now, What.EXPORTER_AWAY)):
                lines, self.started = [f"up{labels({})} 0"], now + 60
            else:
                lines += pages.lines(self._knowledge(now), self.started)
            yield "".join([f"{line} {moment}\n" for line in lines])
        yield "# EOF\n"
        self.journal.close()
        self.maintenance.close()

    @cached_property
    def settings(self) -> Settings:
        """One repository, whose branches have no series of their own: the rules read none of these."""
        repository = Repository(path="/srv/app", name="app", branch_series=BranchSeries(limit=0))
        return Settings(state_dir=str(self.folder), repositories=(repository,))

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
        return Branches(self.chance, BEGIN)

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The exporter's probes, of which only the clocks are used."""
        git = Git()
        return (*tasks_of(self.settings, git), *noting_tasks(self.settings, git, self.journal))

    # ------------------------------------------------------------ What happens

    def _live(self, now: float) -> None:
        self.branches.now = now
        self.commits_now = self._share(self.activity.commits, now)
        for _ in range(self.commits_now):
            self._commit(now)
        for _ in range(self._share(self.activity.landings, now)):
            self.branches.land()
        for incident in self.incidents:
            if now - STEP < incident.begin <= now:
                self._begin(incident, now)
            if incident.what is What.PAUSED and now - STEP < incident.end <= now:
                self._resolve(incident)
        self._maintain(now)

    def _share(self, hours: Hours, now: float) -> int:
        """What falls into these minutes of what is done in the hour: by chance, never more than all of it."""
        day, second = divmod(int(now) - BEGIN, int(DAY))
        number, moments = hours[day][second // 3600], 3600 // STEP
        drawn = Random(int(now) // 3600)
        return [drawn.randrange(moments) for _ in range(number)].count(second % 3600 // STEP)

    def _commit(self, now: float) -> None:
        if self.chance.random() < 1 / 6:
            self.branches.arrive()
        else:
            self.branches.commit()
        if self.chance.random() < 1 / 3:
            kind = self.chance.choices(list(_USUAL_SECONDS), (9, 1))[0]
            outcome = self.chance.choices(list(_OUTCOMES), list(_OUTCOMES.values()))[0]
            branch = self.branches.align() if outcome is Outcome.SUCCESS else "bolt/1"
            self._record(kind, outcome, now, branch)

    def _record(self, kind: Kind, outcome: Outcome, now: float, branch: str, waiting: float = 0.0) -> None:
        self.operations += 1
        busy = 1 + self.commits_now / 4
        seconds = _USUAL_SECONDS[kind] * self.chance.lognormvariate(0, 0.8) * busy
        phases = _PHASE_SHARES.items() if kind is Kind.ALIGN else ()
        self.journal.record(
            Operation(
                operation_id=str(self.operations),
                repository="app",
                kind=kind,
                branch=branch,
                target="main",
                started=now - 5 - seconds - waiting,
                duration=seconds,
                waiting=waiting,
                outcome=outcome,
                phases=tuple(Phase(name, share * seconds) for name, share in phases),
                evidence=_EVIDENCE if branch == _LIAR else None,
            )
        )

    def _begin(self, incident: Incident, now: float) -> None:
        match incident.what:
            case What.REFACTORING:
                self.branches.land(touched=20, share=0.8)
                self._note(MASS_DELETION, "main", now)
            case What.WORK_LOST:
                self._note(WORK_LOST, "feature/x", now)
            case What.LIE:
                self._record(Kind.REBASE, Outcome.SUCCESS, now, _LIAR)
                (claim,) = (one for one in self.journal.claims(10_000) if one.branch == _LIAR)
                self.journal.settle(claim, NOT_CONTAINED)
            case What.PAUSED:
                self.journal.begin(
                    Running(
                        f"paused {incident.begin}",
                        "app",
                        Kind.REBASE,
                        "fix/9",
                        "main",
                        incident.begin,
                        "trace2",
                        None,
                    )
                )

    def _resolve(self, incident: Incident) -> None:
        self.journal.withdraw("app", f"paused {incident.begin}")
        self._record(Kind.REBASE, Outcome.SUCCESS, incident.end, "fix/9", waiting=3600 * incident.hours)

    def _note(self, event: str, branch: str, now: float) -> None:
        happened = Event("app", event, branch, "a" * 40, "b" * 40, "b" * 40, ("a",), 1, "", now)
        self.journal.note_events("app", [happened])

    def _maintain(self, now: float) -> None:
        """Each task runs when it is due; what concerns the repository is put off while a rebase waits."""
        if now == BEGIN:
            tasks = scheduled_tasks(self.settings)
            self.maintenance.register([(one.name, one.cron, one.time_zone) for one in tasks], now)
        if (now - BEGIN) % DAY != _MAINTENANCE_HOUR * 3600:
            return
        for task in scheduled_tasks(self.settings):
            for repository in task.repositories:
                number = self.maintenance.claim(task.name, repository, int(now), _NOBODY, now)
                assert number is not None
                if repository and any(self._going_on(now, What.PAUSED)):
                    self.maintenance.finish(number, Ending(Ended.POSTPONED), now)
                    continue
                self.maintenance.begin(number, now)
                self.maintenance.finish(number, Ending(Ended.SUCCESS, exit_code=0), now + 60)

    def _going_on(self, now: float, *kinds: What) -> Iterator[Incident]:
        return (one for one in self.incidents if one.what in kinds and one.begin <= now < one.end)

    # ------------------------------------------------------------ What the exporter knows of it

    def _knowledge(self, now: float) -> Knowledge:
        taken = now - 7
        return Knowledge(
            settings=self.settings,
            snapshot=Snapshot(taken, {(run.probe, run.repository): run for run in self._runs(taken)}),
            journal=self._reading(now),
            trends=self._trends(now),
            reload_ok=True,
            reload_time=self.started,
            trace=TraceReading(taken, True, 0, 0, None),
        )

    def _runs(self, taken: float) -> Iterator[ProbeRun]:
        readings = {type(one).probe: one for one in self._readings(taken)}
        for task in self.tasks:
            started = taken - min(20.0, task.interval)
            yield ProbeRun(
                task.name,
                task.repository,
                started,
                0.1,
                readings[task.name],
                None,
                None,
                started,
                task.maximum_age,
            )

    def _readings(self, now: float) -> Iterator[Reading]:
        if self.branches.changed:
            self._drift = self.branches.readings()
        yield from self._drift
        yield from self._machine(now)
        yield self._repository(now)
        midnight = now - (now - BEGIN) % DAY
        checked = midnight + _FSCK_HOUR * 3600
        if checked > now:
            checked -= DAY
        yield FsckReading(checked, 240.0, True, 0, dict.fromkeys(FSCK_KINDS, False), ())
        yield ProcessesReading(())
        yield PrimariesReading({"main": "m"})
        yield LostWorkReading(0)
        yield CommitGraphReading(0)

    def _machine(self, now: float) -> Iterator[Reading]:
        """CI runs for every commit; fsck and maintenance read much at night; builds fill the disk."""
        hour = (now - BEGIN) % DAY / 3600
        reads = any(begin <= hour < begin + 0.2 for begin in (_MAINTENANCE_HOUR, _FSCK_HOUR))
        self.pressure += (0.95 if reads else 0.05) * STEP
        busy = min(self.commits_now / 8, 1.0)
        since_start = now - self.started
        yield HostReading(
            cpu_seconds={},
            cpus=8,
            cpu_ratio=0.1 + 0.88 * busy,
            cpu_window=300.0,
            load=(1.0, 1.0, 1.0),
            memory_total=16 * GIB,
            memory_available=round((10 - 6 * busy + self.chance.random()) * GIB),
            swap_total=0,
            swap_free=0,
            disks=(),
            pressure_seconds={"cpu": since_start * 0.1, "memory": busy * 3, "io": self.pressure},
        )
        # Maintenance takes away what a day's builds have left.
        used = 50 + 10 * ((hour - _MAINTENANCE_HOUR) % 24) / 24 + 5 * self.commits_now / 20
        free = round((100 - used) * GIB)
        yield FileSystemsReading((FileSystem("/srv", 100 * GIB, free, free, 6_000_000, 5_000_000),))

    def _repository(self, now: float) -> RepositoryReading:
        locks = tuple(
            Lock("index", "/srv/app/.git/index.lock", one.begin, held=one.what is What.LOCK_HELD)
            for one in self._going_on(now, What.LOCK_HELD, What.LOCK_LEFT)
        )
        waiting = tuple(
            InProgress("rebase", "/srv/app-fix", "fix/9", one.begin)
            for one in self._going_on(now, What.PAUSED)
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

    def _reading(self, now: float) -> JournalReading:
        """The same one as before where nothing was recorded, and no extremes slide out of their window."""
        version = self.journal.version()
        if self._read is None or self._read[0] != version or self._read[1].window:
            window = self.settings.monitoring.operation_window_seconds
            self._read = version, self.journal.read(window, now)
        return self._read[1]

    def _trends(self, now: float) -> Trends:
        if (now - BEGIN) % DAY == 0:
            durations = self.journal.durations(now - WINDOW_SECONDS, now)
            self._found = {key: trend_of(samples) for key, samples in durations.items()}
        return self._found
