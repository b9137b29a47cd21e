"""The state of everything in one value: what ``alignwatch status`` and ``GET /api/v1/status`` show."""

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from alignwatch import health
from alignwatch.drift import branches_of
from alignwatch.errors import ExitCode
from alignwatch.session import Session
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import (
    HOST,
    BranchState,
    CollisionsReading,
    DivergenceReading,
    FileSystemsReading,
    ForecastReading,
    FsckReading,
    HostReading,
    ProcessesReading,
    RepositoryReading,
    Snapshot,
)
from alignwatch.text import printable, timestamp

UNKNOWN = "unknown"

Verdict = Literal["healthy", "warnings", "unhealthy"]


class HostStatus(Struct, frozen=True, kw_only=True):
    """The machine. Percentages are of the whole; null is unknown."""

    health: str
    cpu_percent: float | None
    memory_percent: float | None
    disk_percent: dict[str, float]
    """By mount point, as ``df`` shows it."""
    findings: tuple[str, ...]


class ForecastProgress(Struct, frozen=True, kw_only=True):
    """How far the forecast of conflicts is: merges of branches into their targets."""

    done: int
    pending: int
    failed: int
    problem: str | None
    """Why one of those failed."""


class CollisionProgress(ForecastProgress, frozen=True, kw_only=True):
    """The same of active branches into each other, where they touch the same files."""

    colliding: int
    """Those that were found to conflict."""


class RepositoryStatus(Struct, frozen=True, kw_only=True):
    """One repository."""

    repository: str
    health: str
    processes: str
    branches: dict[str, int] | None
    """Branches by state; null is unknown."""
    forecast: ForecastProgress | None
    """Null is unknown."""
    collisions: CollisionProgress | None
    """Null is unknown or not asked for."""
    findings: tuple[str, ...]


class FailingProbe(Struct, frozen=True, kw_only=True):
    """A probe whose last run failed."""

    probe: str
    repository: str | None
    reason: str
    error: str


class Status(Struct, frozen=True, kw_only=True):
    """Everything."""

    time: str
    """RFC 3339, UTC."""
    verdict: Verdict
    host: HostStatus
    repositories: tuple[RepositoryStatus, ...]
    failing_probes: tuple[FailingProbe, ...]
    session: Session | None = None
    """Of the exporter that knows all this; null where one has looked without it."""

    @property
    def exit_code(self) -> ExitCode:
        """The verdict as a command's exit code."""
        return _EXIT_CODES[self.verdict]


_EXIT_CODES: dict[Verdict, ExitCode] = {
    "healthy": ExitCode.OK,
    "warnings": ExitCode.WARNINGS,
    "unhealthy": ExitCode.UNHEALTHY,
}
_VERDICTS = {code: verdict for verdict, code in _EXIT_CODES.items()}


def make_status(snapshot: Snapshot, settings: Settings, session: Session | None = None) -> Status:
    """Judges a snapshot by the rules of :mod:`alignwatch.health`."""
    host = _host(snapshot, settings)
    repositories = tuple(_repository(snapshot, settings, one) for one in settings.repositories)
    failing = tuple(
        FailingProbe(
            probe=run.probe,
            repository=run.repository if run.repository != HOST else None,
            reason=run.reason.value,
            error=run.error or "",
        )
        for run in snapshot.runs.values()
        if run.reason is not None
    )
    states = [host.health, *(state for one in repositories for state in (one.health, one.processes))]
    verdict = health.overall(states, snapshot.runs.values())
    return Status(
        time=timestamp(snapshot.taken),
        verdict=_VERDICTS[verdict],
        host=host,
        repositories=repositories,
        failing_probes=failing,
        session=session,
    )


def _host(snapshot: Snapshot, settings: Settings) -> HostStatus:
    host, file_systems = snapshot.get(HostReading), snapshot.get(FileSystemsReading)
    state, findings = health.host_health(host, file_systems, settings.monitoring.alert_thresholds)
    return HostStatus(
        health=state or UNKNOWN,
        cpu_percent=_percent(host.cpu_ratio) if host else None,
        memory_percent=_percent(host.memory_ratio) if host else None,
        disk_percent={
            one.mountpoint: round(100 * one.used_ratio, 1)
            for one in (file_systems.file_systems if file_systems else ())
        },
        findings=findings,
    )


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else round(100 * ratio, 1)


def _repository(snapshot: Snapshot, settings: Settings, repository: Repository) -> RepositoryStatus:
    label, thresholds, now = repository.label, settings.thresholds_of(repository), snapshot.taken
    fsck = snapshot.get(FsckReading, label)
    state, findings = health.repository_health(snapshot.run(RepositoryReading, label), fsck, thresholds, now)
    activity, doings = health.process_health(
        snapshot.get(ProcessesReading), snapshot.get(RepositoryReading, label), thresholds, now
    )
    divergence, forecast = branches_of(snapshot, label), snapshot.get(ForecastReading, label)
    collisions = snapshot.get(CollisionsReading, label)
    return RepositoryStatus(
        repository=label,
        health=state or UNKNOWN,
        processes=activity or UNKNOWN,
        branches=by_state(divergence) if divergence else None,
        forecast=_progress(forecast) if forecast else None,
        collisions=_collisions(collisions) if collisions else None,
        findings=(*findings, *doings, *(_not_compared(divergence) if divergence else ())),
    )


def _not_compared(divergence: DivergenceReading) -> Iterator[str]:
    for target in divergence.missing_targets:
        yield f"no branch {target!r} to compare with; mend repositories[].primaries"
    if divergence.problem:
        yield f"not every branch could be compared: {divergence.problem}"


def by_state(divergence: DivergenceReading) -> dict[str, int]:
    """How many branches there are in each state; those that no branch is in are left out."""
    counts = Counter(branch.state for branch in divergence.branches)
    return {state.value: counts[state] for state in BranchState if counts[state]}


def _progress(forecast: ForecastReading) -> ForecastProgress:
    return ForecastProgress(
        done=forecast.done,
        pending=forecast.pending,
        failed=forecast.failed,
        problem=forecast.problem,
    )


def _collisions(collisions: CollisionsReading) -> CollisionProgress:
    return CollisionProgress(
        done=collisions.done,
        pending=collisions.pending,
        failed=collisions.failed,
        problem=collisions.problem,
        colliding=len(collisions.collisions),
    )


def as_text(status: Status) -> str:
    """The status for a terminal: one screen."""
    host = status.host
    figures = [f"cpu {_shown(host.cpu_percent)}", f"memory {_shown(host.memory_percent)}"]
    figures += [f"disk {mount} {_shown(percent)}" for mount, percent in host.disk_percent.items()]
    lines = [
        f"{status.verdict:<12}  {status.time}",
        "",
        f"host          {host.health:<12} {', '.join(figures)}",
    ]
    lines += [f"              - {finding}" for finding in host.findings]
    for one in status.repositories:
        lines += ["", f"repository    {one.health:<12} {one.repository}", f"  processes   {one.processes}"]
        if one.branches is not None:
            states = ", ".join(f"{count} {state}" for state, count in one.branches.items())
            lines.append(f"  branches    {sum(one.branches.values())}: {states or 'none'}")
        if one.forecast is not None:
            lines.append(f"  forecast    {_shown_progress(one.forecast)}")
        if one.collisions is not None:
            colliding = f"{one.collisions.colliding} pairs of active branches collide"
            lines.append(f"  collisions  {colliding}: {_shown_progress(one.collisions)}")
        lines += [f"              - {finding}" for finding in one.findings]
    if status.failing_probes:
        lines += ["", "probes that failed"]
        lines += [
            f"  {probe.probe} {probe.repository or '(host)'}: {probe.reason}: {probe.error}"
            for probe in status.failing_probes
        ]
    return "\n".join(map(printable, lines))


def _shown_progress(forecast: ForecastProgress) -> str:
    failed = f", {forecast.failed} failed: {forecast.problem}" if forecast.failed else ""
    return f"{forecast.done} merges tried, {forecast.pending} to go{failed}"


def _shown(percent: float | None) -> str:
    return "?" if percent is None else f"{percent:g} %"
