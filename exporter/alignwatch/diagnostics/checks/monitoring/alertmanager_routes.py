"""Whether Alertmanager would tell somebody.

An alert of each severity that is sent (`alerts.severity_levels`) is led through the routes of the
configuration that Alertmanager runs with, as it would do itself. A critical alert that ends at a receiver
that tells nobody is critical, a milder one a warning. Where there is no configuration file nobody can have
set a channel up, and this is left out.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from alignwatch.alerting.matchers import matches, parse_matcher
from alignwatch.diagnostics.check import Check, Finding, critical, ok, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.servers import alertmanager
from alignwatch.diagnostics.status import Status
from alignwatch.errors import UsageError
from alignwatch.servers.alertmanager import Matcher

_RENDER = "alignwatch", "render", "--output", "/etc/prometheus"
_UNHEARD_OF = {"alertname": "AlignmentUnheardOf", "job": "alignwatch", "instance": "127.0.0.1:9847"}

Labels = Mapping[str, str]


def _run(context: Context) -> Iterator[Finding]:
    said, finding = alertmanager(context)
    if finding is not None:
        yield finding
        return
    configuration = yaml.safe_load(said)
    telling = {one["name"] for one in configuration.get("receivers") or () if _tells(one)}
    if not context.settings.alerts.enabled:
        yield skipped("alerts.enabled is false: alerts are seen in Alertmanager only")
        return
    untold: dict[str, list[str]] = {}
    for severity in context.settings.alerts.severity_levels:
        reached = receivers(configuration["route"], {**_UNHEARD_OF, "severity": severity})
        if told := [name for name in reached if name in telling]:
            yield ok(f"of {severity} alerts {', '.join(told)} is told")
        else:
            untold[severity] = reached
    if untold:
        yield _nobody(context, untold)


def _nobody(context: Context, untold: Mapping[str, list[str]]) -> Finding:
    """What there is to say where nobody is told: severity -> the receivers that tell nobody of it."""
    ends = ", ".join(sorted({name for reached in untold.values() for name in reached}))
    words = f"Alertmanager tells nobody of {' and '.join(untold)} alerts: they go to {ends}"
    remedy = "set a channel up under alerts, and have Alertmanager use what alignwatch render writes"
    if not context.configured and len(untold) == len(context.settings.alerts.severity_levels):
        return skipped(f"{words}, and nobody has set a channel up", remedy)
    grave = critical if "critical" in untold else warning
    return grave(words, remedy, _RENDER, key="alerts.channels")


def receivers(route: Mapping[str, Any], labels: Labels, above: str = "") -> list[str]:
    """The receivers of an alert, in the order of the routes that take it."""
    receiver = route.get("receiver") or above
    found: list[str] = []
    for child in route.get("routes") or ():
        if _takes(child, labels):
            found += receivers(child, labels, receiver)
            if not child.get("continue"):
                return list(dict.fromkeys(found))
    return list(dict.fromkeys(found)) or [receiver]


def _takes(route: Mapping[str, Any], labels: Labels) -> bool:
    asked = [matcher for text in route.get("matchers") or () for matcher in _matchers(text)]
    asked += [Matcher(name, str(value)) for name, value in (route.get("match") or {}).items()]
    asked += [
        Matcher(name, str(value), is_regex=True) for name, value in (route.get("match_re") or {}).items()
    ]
    return all(matches(one, labels.get(one.name, "")) for one in asked)


def _matchers(text: str) -> list[Matcher]:
    """One matcher, or several in braces."""
    inner = text.strip().removeprefix("{").removesuffix("}")
    parts = re.findall(r'[^,"]+(?:"(?:[^"\\]|\\.)*")?', inner)
    try:
        return [parse_matcher(part) for part in parts if part.strip()]
    except UsageError:
        return []


def _tells(receiver: Mapping[str, Any]) -> bool:
    return any(value for key, value in receiver.items() if key.endswith("_configs"))


CHECK = Check(
    id="alertmanager-routes",
    summary="Alertmanager tells somebody of each severity",
    well="Alertmanager tells somebody",
    reaches=Status.CRITICAL,
    cheap=False,
    run=_run,
)
