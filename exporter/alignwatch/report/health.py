"""The report's ``health_status``: how machines, repositories and processes are at the window's end."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from alignwatch.metrics import catalogue
from alignwatch.metrics.catalogue import Metric
from alignwatch.report.figures import MEGABYTE, PERCENT, rounded
from alignwatch.report.prometheus import Labels, Prometheus, of_living_exporters
from alignwatch.report.schema import (
    HealthStatus,
    ProcessState,
    RepositoryState,
    ResourceUtilization,
    SystemState,
)

_UNKNOWN = "unknown"

# The worst first. One that is unknown makes "all is well" unknown, and hides nothing worse.
SYSTEM: tuple[SystemState, ...] = ("unhealthy", "degraded", "unknown", "healthy")
REPOSITORY: tuple[RepositoryState, ...] = ("corrupt", "unreachable", "degraded", "unknown", "optimal")
PROCESS: tuple[ProcessState, ...] = ("stuck", "running", "unknown", "idle")

_OF_HOST = '{repository=""}'
_OF_REPOSITORIES = '{repository!=""}'

State = TypeVar("State", bound=str)


def health_status(prometheus: Prometheus, at: float, dead_exporters: int) -> HealthStatus:
    """The worst over everything that is watched.

    Args:
        prometheus: where to ask.
        at: seconds since the epoch.
        dead_exporters: how many ought to be scraped and cannot be; what they watch is unknown.
    """

    def worst(metric: Metric, subjects: str, order: Sequence[State]) -> State:
        silent = [_UNKNOWN] * dead_exporters
        return worst_of([*_states(prometheus, at, metric, subjects), *silent], order)

    return HealthStatus(
        system_health=worst(catalogue.HOST_HEALTH, _OF_HOST, SYSTEM),
        repository_health=worst(catalogue.REPOSITORY_HEALTH, _OF_REPOSITORIES, REPOSITORY),
        process_health=worst(catalogue.PROCESS_HEALTH, _OF_REPOSITORIES, PROCESS),
        resource_utilization=_utilization(prometheus, at),
    )


def _states(prometheus: Prometheus, at: float, metric: Metric, subjects: str) -> list[str]:
    """The state of each subject that some probe looks at; one without a state is unknown."""
    probed = prometheus.instant(of_living_exporters(f"{catalogue.PROBE_SUCCESS.name}{subjects}"), at)
    states = {_subject(one.labels): _UNKNOWN for one in probed}
    for one in prometheus.instant(f"{of_living_exporters(metric.name)} == 1", at):
        states[_subject(one.labels)] = one.labels.get("state", _UNKNOWN)
    return list(states.values())


def _subject(labels: Labels) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in ("job", "instance", "repository"))


def worst_of(states: Iterable[str], order: Sequence[State]) -> State:
    """The worst by an order that has it first; none at all is unknown."""
    found = {state if state in order else _UNKNOWN for state in states} or {_UNKNOWN}
    return next(state for state in order if state in found)


def _utilization(prometheus: Prometheus, at: float) -> ResourceUtilization:
    cpu = of_living_exporters(catalogue.HOST_CPU_RATIO.name)
    memory = (
        f"{of_living_exporters(catalogue.HOST_MEMORY_TOTAL.name)} - {catalogue.HOST_MEMORY_AVAILABLE.name}"
    )
    used = f"({of_living_exporters(catalogue.FILESYSTEM_SIZE.name)} - {catalogue.FILESYSTEM_FREE.name})"
    disk = f"{used} / ({used} + {catalogue.FILESYSTEM_AVAILABLE.name})"
    return ResourceUtilization(
        cpu_percent=rounded(prometheus.number(f"max({cpu})", at), PERCENT),
        memory_mb=rounded(prometheus.number(f"max({memory})", at), 1 / MEGABYTE),
        disk_percent=rounded(prometheus.number(f"max({disk})", at), PERCENT),
    )
