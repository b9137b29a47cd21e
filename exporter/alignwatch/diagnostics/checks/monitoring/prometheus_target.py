"""Whether Prometheus scrapes the exporter, and knows where alerts go.

There is a job called `alignwatch`, its targets answer, at least once a minute, and Prometheus has found an
Alertmanager. Its clock and this machine's differ by less than half a minute: else ages are wrong by as much.
"""

import re
import time
from collections.abc import Iterator

from msgspec import Struct, field

from alignwatch.diagnostics.check import Check, Finding, critical, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.servers import prometheus
from alignwatch.diagnostics.status import Status

_JOB = "alignwatch"
_LONGEST = 60.0
_SKEW = 30.0
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


class _Target(Struct):
    labels: dict[str, str]
    health: str
    error: str = field(name="lastError", default="")
    interval: str = field(name="scrapeInterval", default="")


class _Targets(Struct):
    targets: list[_Target] = field(name="activeTargets")


class _Found(Struct):
    active: list[dict[str, str]] = field(name="activeAlertmanagers")


class _Scalar(Struct):
    result: tuple[float, str]


def _run(context: Context) -> Iterator[Finding]:
    said, finding = prometheus(context, "/targets", _Targets, {"state": "active"})
    if finding is not None:
        yield finding
        return
    ours = [one for one in said.targets if one.labels.get("job") == _JOB]
    if not ours:
        yield critical(
            "no target of Prometheus is in the job alignwatch: nothing of the exporter reaches it",
            "add the scrape job of deploy/prometheus/scrape.yml, and have Prometheus read it",
            ("promtool", "check", "config", "/etc/prometheus/prometheus.yml"),
        )
    for target in ours:
        yield from _of(target)
    yield from _alertmanagers(context)
    yield from _clocks(context)


def _of(target: _Target) -> Iterator[Finding]:
    instance = target.labels.get("instance", "")
    if target.health == "down":
        yield critical(f"Prometheus cannot scrape {instance}: {target.error}", "mend what it says")
    elif target.health == "up":
        yield ok(f"Prometheus scrapes {instance}")
    else:
        yield ok(f"Prometheus has not scraped {instance} yet")
    if _seconds(target.interval) > _LONGEST:
        yield warning(
            f"Prometheus scrapes {instance} every {target.interval}: alerts come late, and graphs have gaps",
            "set scrape_interval of the job to a minute at most",
        )


def _alertmanagers(context: Context) -> Iterator[Finding]:
    said, finding = prometheus(context, "/alertmanagers", _Found)
    if finding is not None:
        yield finding
    elif not said.active:
        yield critical(
            "Prometheus knows no Alertmanager: alerts reach nobody",
            "name it under alerting.alertmanagers of Prometheus' configuration",
        )
    else:
        yield ok("Prometheus has an Alertmanager")


def _clocks(context: Context) -> Iterator[Finding]:
    before = time.time()
    said, finding = prometheus(context, "/query", _Scalar, {"query": "time()"})
    if finding is not None:
        return
    skew = float(said.result[1]) - (before + time.time()) / 2
    if abs(skew) > _SKEW:
        yield warning(
            f"the clock of Prometheus is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this one",
            "have both machines' clocks kept right",
            ("timedatectl", "timesync-status"),
        )


def _seconds(length: str) -> float:
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ms|s|m|h|d)", length))


CHECK = Check(
    id="prometheus-target",
    summary="Prometheus scrapes the exporter, and has an Alertmanager",
    well="Prometheus scrapes the exporter",
    reaches=Status.CRITICAL,
    cheap=False,
    deadline_seconds=12.0,
    run=_run,
)
