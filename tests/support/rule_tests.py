"""The shipped rules as tests need them, and promtool's unit tests as data: also with a gap in the scrapes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alignwatch.assets import asset

GAP_SECONDS = 240
"""No scrape succeeds for so long: less than the ten minutes that the rules look back."""

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_REPEATED = re.compile(r"(?P<first>_|stale|[-+.\de]+?)(?P<step>[-+][.\de]+)?x(?P<times>\d+)")

RuleTest = dict[str, Any]
"""One entry under ``tests``, all scalars as they are written."""


def impatient_rules(folder: Path) -> Path:
    """The shipped rules, but nothing waits longer than a second before it fires, or before it ends."""
    folder.mkdir()
    for shipped in asset("rules").glob("*.yml"):
        text = re.sub(r"(?m)^( +(?:for|keep_firing_for):) \w+$", r"\1 1s", shipped.read_text())
        (folder / shipped.name).write_text(text)
    return folder


def seconds(duration: str) -> int:
    """A duration as Prometheus writes it."""
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([dhms])", duration))


def samples(values: str) -> list[str]:
    """Each sample of a series in promtool's notation: ``_`` for none, ``stale`` where the series ends."""
    return [sample for token in values.split() for sample in _samples(token)]


def _samples(token: str) -> Iterator[str]:
    repeated = _REPEATED.fullmatch(token)
    if repeated is None:
        yield token
        return
    first, step, times = repeated["first"], repeated["step"], int(repeated["times"])
    if first in ("_", "stale"):
        yield from [first] * times
    else:
        yield from (f"{float(first) + number * float(step or 0):g}" for number in range(times + 1))


@dataclass(frozen=True)
class Expectation:
    """What one test expects of one alert at one moment."""

    alert: str
    time: int
    """Seconds from the test's begin."""
    severities: tuple[str, ...]
    """Of the alerts that fire."""


def expectations(test: RuleTest, alert: str) -> list[Expectation]:
    """All that a test expects of an alert, in the order of time."""
    found = [
        Expectation(
            alert,
            seconds(one["eval_time"]),
            tuple(each["exp_labels"]["severity"] for each in one["exp_alerts"]),
        )
        for one in test.get("alert_rule_test", ())
        if one["alertname"] == alert
    ]
    return sorted(found, key=lambda one: one.time)


def with_gaps(test: RuleTest, first_fires: Expectation, severity: str, *, waits: int) -> RuleTest:
    """The same, but for some minutes Prometheus could scrape nothing, and the alert fires all the same.

    One gap begins right after the alert first fires, and the alert is looked for at its end. Another is just
    before that, where the alert has to wait for longer than it.

    Args:
        test: the test.
        first_fires: the first moment at which the alert fires.
        severity: the alert's.
        waits: seconds for which the fault has to last.
    """
    interval = seconds(test["interval"])
    length = max(1, GAP_SECONDS // interval)
    fires = first_fires.time // interval
    gaps, looks = [fires + 1], [fires + length]
    if waits > (length + 1) * interval:
        gaps, looks = [fires - length, *gaps], [fires, *looks]
    query = f'ALERTS{{alertname="{first_fires.alert}",alertstate="firing",severity="{severity}"}}'
    return {
        "name": f"{test['name']}: {first_fires.alert} ({severity}) in spite of gaps",
        "interval": test["interval"],
        "input_series": [
            {"series": one["series"], "values": _cut(one["values"], gaps, length)}
            for one in test["input_series"]
        ],
        "promql_expr_test": [
            {
                "expr": f"count({query})",
                "eval_time": f"{look * interval}s",
                "exp_samples": [{"labels": "{}", "value": first_fires.severities.count(severity)}],
            }
            for look in looks
        ],
    }


def _cut(values: str, gaps: list[int], length: int) -> str:
    found = samples(values)
    for begin in gaps:
        found[begin : begin + length] = ["stale", *["_"] * (length - 1)]
    return " ".join(found)
