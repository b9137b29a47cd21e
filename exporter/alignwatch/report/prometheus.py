"""Prometheus' query API, or that of anything that speaks it."""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, NamedTuple, TypeVar

from msgspec import Struct, field

from alignwatch.errors import AlignwatchError
from alignwatch.report.window import Window
from alignwatch.servers.http import Client, one_line

Labels = Mapping[str, str]
"""Without the metric's name."""
Identity = frozenset[tuple[str, str]]
"""Labels, as what tells series apart."""

MAXIMUM_AGE = 180
"""Seconds after which a sample says nothing about the present.

Prometheus itself looks back five minutes, long enough to show a dead exporter's last word as news.
"""

_YEAR_10000 = 253_402_300_800

_MOST_POINTS = 10_000
"""Of one series in one answer; more than 11,000 are refused."""

_AT_ONCE = 4
"""Queries; a server has other askers too."""

T = TypeVar("T")


def identity_of(labels: Labels) -> Identity:
    """What tells a series from all others of its metric."""
    return frozenset(labels.items())


class Sample(NamedTuple):
    """One raw sample."""

    time: float
    """Seconds since the epoch."""
    value: float


@dataclass(frozen=True, slots=True)
class Value:
    """One series' value at one moment."""

    labels: Labels
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """One series' raw samples, the oldest first; at least one."""

    labels: Labels
    samples: tuple[Sample, ...]


class ActiveAlert(Struct):
    """An alert that is pending or firing now."""

    labels: dict[str, str]
    annotations: dict[str, str]
    active_at: datetime = field(name="activeAt")
    state: str = ""
    """``pending`` or ``firing``."""


class _Answer(Struct, Generic[T]):
    status: Literal["success", "error"]
    data: T | None = None
    error: str = ""
    warnings: list[str] = []
    infos: list[str] = []


class _Vector(Struct):
    metric: dict[str, str]
    value: tuple[float, str]


class _Matrix(Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Result(Struct, Generic[T]):
    result: list[T]


class _Alerts(Struct):
    alerts: list[ActiveAlert]


class Prometheus:
    """Asks one server. What is not a finite number is unknown and left out.

    Args:
        client: the way to it.
        warn: is told each warning that an answer carries, once.
    """

    def __init__(self, client: Client, warn: Callable[[str], None]) -> None:
        self._client = client
        self._warn = warn
        self._warned: set[str] = set()

    def instant(self, expression: str, at: float) -> list[Value]:
        """The values of an expression at one moment (seconds since the epoch)."""
        answer = self._query(expression, at, _Answer[_Result[_Vector]])
        values = [(one.metric, self._finite([one.value])) for one in answer.result]
        return [Value(_unnamed(metric), samples[0].value) for metric, samples in values if samples]

    def number(self, expression: str, at: float) -> float | None:
        """The value of an expression that has at most one; None if it has none."""
        values = self.instant(expression, at)
        return values[0].value if values else None

    def raw(self, selector: str, window: Window) -> list[Series]:
        """The samples as they were scraped, without those of series that have none in the window."""
        ranged = f"{selector}[{promql_duration(window.seconds)}]"
        answer = self._query(ranged, window.end, _Answer[_Result[_Matrix]])
        series = [Series(_unnamed(one.metric), self._finite(one.values)) for one in answer.result]
        return [one for one in series if one.samples]

    def range(self, expression: str, window: Window, step: int) -> list[Series]:
        """The values of an expression at moments ``step`` seconds apart, the last one at the window's end."""
        found: dict[frozenset[tuple[str, str]], list[Sample]] = {}
        first = window.end - window.seconds // step * step
        while first <= window.end:
            last = min(first + (_MOST_POINTS - 1) * step, window.end)
            limits = {"start": f"{first:.3f}", "end": f"{last:.3f}", "step": str(step)}
            parameters = {"query": expression, **limits}
            answer = self._get("/api/v1/query_range", parameters, _Answer[_Result[_Matrix]])
            for one in answer.result:
                identity = frozenset(_unnamed(one.metric).items())
                found.setdefault(identity, []).extend(self._finite(one.values))
            first = last + step
        return [Series(dict(identity), tuple(samples)) for identity, samples in found.items() if samples]

    def at_each(self, expression: str, moments: Sequence[float]) -> list[Series]:
        """The values of an expression at moments that may lie far apart; a query each."""
        found: dict[frozenset[tuple[str, str]], list[Sample]] = {}
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            answers = threads.map(lambda moment: self.instant(expression, moment), moments)
            for moment, values in zip(moments, answers, strict=True):
                for one in values:
                    found.setdefault(frozenset(one.labels.items()), []).append(Sample(moment, one.value))
        return [Series(dict(identity), tuple(samples)) for identity, samples in found.items()]

    def series(self, selector: str, window: Window) -> list[Labels]:
        """The labels of each series that has samples in the window, or shortly before or after it."""
        span = {"start": f"{window.start:.3f}", "end": f"{window.end:.3f}"}
        found = self._get("/api/v1/series", {"match[]": selector, **span}, _Answer[list[dict[str, str]]])
        return [_unnamed(metric) for metric in found]

    def alerts(self) -> list[ActiveAlert]:
        """The alerts that its own rules raise now."""
        return self._get("/api/v1/alerts", {}, _Answer[_Alerts]).alerts

    def failure(self, what: str) -> AlignwatchError:
        """An error of this server."""
        return self._client.failure(what)

    def _query(self, expression: str, at: float, answer: type[_Answer[T]]) -> T:
        return self._get("/api/v1/query", {"query": expression, "time": f"{at:.3f}"}, answer)

    def _get(self, path: str, parameters: dict[str, str], shape: type[_Answer[T]]) -> T:
        answer = self._client.get(path, parameters, shape)
        for said in [*answer.warnings, *answer.infos]:
            if said not in self._warned:
                self._warned.add(said)
                self._warn(f"Prometheus: {one_line(said)}")
        if answer.data is None:
            raise self.failure(f"answers {path} with an error: {one_line(answer.error)}")
        return answer.data

    def _finite(self, values: list[tuple[float, str]]) -> tuple[Sample, ...]:
        try:
            samples = [Sample(time, float(value)) for time, value in values]
        except ValueError as error:
            raise self.failure(f"gives a value that is no number ({one_line(str(error))})") from None
        return tuple(sample for sample in samples if math.isfinite(sample.value))


def promql_duration(seconds: float) -> str:
    """A length of time as PromQL writes it, to the millisecond."""
    return f"{round(seconds * 1000)}ms"


def promql_selector(name: str, labels: Labels) -> str:
    """A selector of the series that have these labels."""
    matchers = (f"{label}={json.dumps(value, ensure_ascii=False)}" for label, value in labels.items())
    return f"{name}{{{','.join(matchers)}}}"


def promql_selector_of_all(name: str, wanted: Iterable[Labels]) -> str:
    """A selector of all series that have one of these sets of labels, and perhaps of some others.

    Prometheus reads every sample of what is selected: naming what is wanted makes a long window bearable.
    """
    values: dict[str, set[str]] = {}
    sets = list(wanted)
    for label in set[str]().union(*sets):
        values[label] = {one.get(label, "") for one in sets}
    matchers = (
        f"{label}=~{json.dumps('|'.join(map(re.escape, sorted(found))), ensure_ascii=False)}"
        for label, found in sorted(values.items())
    )
    return f"{name}{{{','.join(matchers)}}}"


def is_moment(value: float) -> bool:
    """Whether a value in seconds since the epoch is a time before the year 10000."""
    return 0 <= value < _YEAR_10000


def of_living_exporters(selector: str) -> str:
    """An expression for a gauge's newest samples, without those of exporters that are gone.

    Gone is one whose last scrape failed, and one that has not been scraped for :data:`MAXIMUM_AGE`.

    Args:
        selector: a metric's name, with matchers or without.
    """
    young = f"{selector} and (time() - timestamp({selector}) <= {MAXIMUM_AGE})"
    return f"(({young}) unless on (job, instance) (up == 0))"


def exporter_of(labels: Labels) -> tuple[str, str]:
    """Which exporter a series comes from."""
    return labels.get("job", ""), labels.get("instance", "")


def _unnamed(metric: dict[str, str]) -> Labels:
    return {name: value for name, value in metric.items() if name != "__name__"}
