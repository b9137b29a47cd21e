"""Thresholds that nothing can ever be above, and times that cannot work together.

An alert compares with "above": what is a share of a whole never is above 100 %. A probe that may take longer
than the time between two looks runs late, a slice of the forecast that is longer than a check's interval
likewise, and an `fsck` that may take longer than its interval never rests. What is told when a threshold is
crossed for ten minutes wants a look at least so often.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, warning
from alignwatch.diagnostics.context import Context
from alignwatch.settings import Repository, Settings

_WHOLE = 100.0
_SHARES = (
    "cpu_percent",
    "memory_percent",
    "memory_critical_percent",
    "disk_percent",
    "disk_critical_percent",
    "memory_pressure_percent",
    "io_pressure_percent",
)
_SHARES_OF_EACH = ("alignment_failure_percent", "conflict_growth_percent")
_LONGEST_LOOK = 600.0
"""Seconds: the rules look back so far."""
_HERE = "monitoring.alert_thresholds"


def _run(context: Context) -> Iterator[Finding]:
    settings = context.settings
    thresholds = settings.monitoring.alert_thresholds
    for name in (*_SHARES, *_SHARES_OF_EACH):
        if getattr(thresholds, name) >= _WHOLE:
            yield _never(f"{_HERE}.{name}")
    for number, repository in enumerate(settings.repositories):
        yield from _of(repository, f"repositories[{number}].alert_thresholds")
    yield from _times(settings)


def _of(repository: Repository, here: str) -> Iterator[Finding]:
    for name in _SHARES_OF_EACH:
        value = getattr(repository.alert_thresholds, name)
        if isinstance(value, float | int) and value >= _WHOLE:
            yield _never(f"{here}.{name}")


def _never(key: str) -> Finding:
    return warning("nothing is ever above 100 %: this never alerts", "set it below 100", key=key)


def _times(settings: Settings) -> Iterator[Finding]:
    monitoring = settings.monitoring
    look = monitoring.health_check_interval_seconds
    if look > _LONGEST_LOOK:
        yield warning(
            f"with a look every {look:g} s an alert of ten minutes sees one look at most",
            f"set it to {_LONGEST_LOOK:g} or less",
            key="monitoring.health_check_interval_seconds",
        )
    if monitoring.probe_deadline_seconds > max(look, 30.0):
        yield warning(
            f"a probe may take {monitoring.probe_deadline_seconds:g} s, more than the {look:g} s between two",
            "lower it, or look less often",
            key="monitoring.probe_deadline_seconds",
        )
    fsck, forecast = monitoring.fsck, monitoring.forecast
    if fsck.enabled and fsck.deadline_seconds > fsck.interval_seconds:
        yield warning(
            "git fsck may take longer than the time between two of them: it may never rest",
            "lower it, or check less often",
            key="monitoring.fsck.deadline_seconds",
        )
    if forecast.enabled and forecast.slice_seconds > forecast.interval_seconds:
        yield warning(
            "a slice of the forecast is longer than the time between two: it may never rest",
            "lower it, or raise monitoring.forecast.interval_seconds",
            key="monitoring.forecast.slice_seconds",
        )


CHECK = Check(
    id="thresholds",
    summary="each threshold can be crossed, and times fit each other",
    well="each threshold can be crossed",
    run=_run,
)
