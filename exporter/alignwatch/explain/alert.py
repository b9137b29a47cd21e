"""What can be said of one alert: its rule, what it sees now, and what the runbook says to do."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from alignwatch.errors import AlignwatchError
from alignwatch.explain.rules import AlertRule, RunbookPart, runbook_parts, typed_in
from alignwatch.report.prometheus import ActiveAlert, Prometheus
from alignwatch.servers.connect import addresses_for, prometheus_client
from alignwatch.settings import Settings
from alignwatch.shell import word
from alignwatch.text import timestamp

_SHOWN = 10
"""Series of one selector; the rest is a number."""
_COMMANDS = ("Confirm", "Do")
_OPEN = re.compile(r"\$(?:PROMETHEUS|ALERTMANAGER|EXPORTER)\b|\b(?:REPOSITORY|TARGET|BRANCH)\b")
"""What a command of the runbook leaves open."""


class Firing(Struct, frozen=True, kw_only=True):
    """One alert that its rule raises now."""

    state: str
    """``pending``: it does not wait long enough yet; or ``firing``."""
    since: str
    """When the expression began to hold, RFC 3339."""
    labels: dict[str, str]
    """Without the alert's name."""
    summary: str


class SeriesValue(Struct, frozen=True, kw_only=True):
    """One series now."""

    labels: dict[str, str]
    value: float


class Values(Struct, frozen=True, kw_only=True):
    """What series of which an expression speaks are at now."""

    selector: str
    values: tuple[SeriesValue, ...]
    """The largest first."""
    left_out: int


class AlertExplanation(Struct, frozen=True, kw_only=True, tag_field="about", tag="alert"):
    """One alert; null is unknown."""

    alert: str
    rules: tuple[AlertRule, ...]
    """One for each severity."""
    firing: tuple[Firing, ...] | None
    """What Prometheus says; null where that could not be asked."""
    values: tuple[Values, ...]
    """Of the series that the expressions speak of; those that have none are there, too."""
    runbook: tuple[RunbookPart, ...]
    next: tuple[str, ...]
    """What the runbook says to type; the servers' addresses are filled in, and what the labels tell."""
    unknown: tuple[str, ...]
    """What could not be found out, and why."""


def explain_alert(
    name: str,
    rules: tuple[AlertRule, ...],
    settings: Settings,
    now: float,
    only: Iterable[str] = (),
) -> AlertExplanation:
    """All that can be said of an alert of the rule pack.

    Args:
        name: the alert's.
        rules: its.
        settings: where Prometheus is, and where the repositories are.
        now: seconds since the epoch.
        only: labels of repositories; none: all.
    """
    unknown: list[str] = []
    firing: tuple[Firing, ...] | None = None
    values: tuple[Values, ...] = ()
    try:
        with prometheus_client(settings) as client:
            prometheus = Prometheus(client, unknown.append)
            firing = tuple(_firing(name, prometheus.alerts(), frozenset(only)))
            values = tuple(_values(prometheus, rules, now))
    except AlignwatchError as error:
        unknown.append(str(error))
    runbook = runbook_parts(name)
    fill_in = _filler(settings, firing or (), tuple(only))
    typed = (typed_in(part) for part in runbook if part.title in _COMMANDS)
    return AlertExplanation(
        alert=name,
        rules=rules,
        firing=firing,
        values=values,
        runbook=runbook,
        next=tuple(fill_in(command) for commands in typed for command in commands),
        unknown=tuple(unknown),
    )


def _firing(name: str, alerts: Iterable[ActiveAlert], only: frozenset[str]) -> Iterator[Firing]:
    for one in alerts:
        labels = {key: value for key, value in sorted(one.labels.items()) if key != "alertname"}
        if one.labels.get("alertname") == name and (not only or labels.get("repository", "") in only):
            yield Firing(
                state=one.state,
                since=timestamp(one.active_at.timestamp()),
                labels=labels,
                summary=one.annotations.get("summary", ""),
            )


def _values(prometheus: Prometheus, rules: Iterable[AlertRule], now: float) -> Iterator[Values]:
    for selector in dict.fromkeys(selector for rule in rules for selector in rule.selectors):
        found = sorted(prometheus.instant(selector, now), key=lambda one: -one.value)
        yield Values(
            selector=selector,
            values=tuple(SeriesValue(labels=dict(one.labels), value=one.value) for one in found[:_SHOWN]),
            left_out=max(0, len(found) - _SHOWN),
        )


def _filler(settings: Settings, firing: Iterable[Firing], only: tuple[str, ...]) -> Callable[[str], str]:
    """Fills in what a command leaves open, as far as there is one answer."""
    servers = addresses_for(settings)
    known: Mapping[str, str | None] = {
        "$PROMETHEUS": servers.prometheus,
        "$ALERTMANAGER": servers.alertmanager,
        "$EXPORTER": servers.exporter,
        "TARGET": _common(firing, "target"),
        "BRANCH": _common(firing, "branch"),
        "REPOSITORY": _path(settings, only[0] if len(only) == 1 else _common(firing, "repository")),
    }
    words = {name: word(text) for name, text in known.items() if text}
    return lambda command: _OPEN.sub(lambda found: words.get(found[0], found[0]), command)


def _common(firing: Iterable[Firing], label: str) -> str | None:
    """The label's value, if all have the same."""
    values = {one.labels.get(label) for one in firing}
    return values.pop() if len(values) == 1 else None


def _path(settings: Settings, repository: str | None) -> str | None:
    paths = {one.label: one.path for one in settings.repositories}
    return next(iter(paths.values())) if len(paths) == 1 else paths.get(repository or "")
