"""An alert from what a caller gives: checked where it tells one alert from another, cut where it is prose.

What a caller gives is data. Alertmanager expands templates in its own configuration only, never in labels or
annotations.
"""

import re
from collections.abc import Mapping
from typing import get_args

from alignwatch.alert import Alert
from alignwatch.errors import UsageError
from alignwatch.names import legible
from alignwatch.settings import Severity

SEVERITIES: tuple[str, ...] = get_args(Severity)

SHORTEST_SECONDS = 600.0
"""An alert stays active so long at least.

A group of alerts that people were told of already is looked at every five minutes by default: what is over
before that is told to nobody.
"""
LONGEST_SECONDS = 30 * 86400.0

LABEL_LIMIT = 16
"""Labels besides name, severity and repository."""
_LONGEST_LABEL = 256
_LONGEST_SUMMARY = 256
_LONGEST_DESCRIPTION = 4096
_LONGEST_URL = 2048

_NAME = re.compile(r"Alignment[A-Z][A-Za-z0-9]{0,100}", re.ASCII)
_LABEL = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,63}", re.ASCII)
_URL = re.compile(r"https?://[^\s<>\"]+")
_RESERVED = frozenset({"alertname", "severity", "repository"})


def labels_of(
    name: str, severity: str, repository: str | None, labels: Mapping[str, str] | None
) -> dict[str, str]:
    """What tells an alert from others.

    Args:
        name: CamelCase with the prefix of all our alerts, so that the same routes, inhibitions and the report
            hold for it.
        severity: one of :data:`SEVERITIES`.
        repository: its name in labels; None for an alert of none.
        labels: further ones. An empty value is as good as no label, to Alertmanager too.

    Raises:
        UsageError: one of these cannot be.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name of an alert; write Alignment and what is wrong, as in AlignmentBackupFailed"
        )
    if severity not in SEVERITIES:
        raise UsageError(f"{severity!r} is no severity; choose from {', '.join(SEVERITIES)}")
    further = dict(labels or {})
    if len(further) > LABEL_LIMIT:
        raise UsageError(f"{len(further)} labels are too many; give at most {LABEL_LIMIT}")
    for label in further:
        if label in _RESERVED:
            raise UsageError(f"label {label} is given by an argument of its own; leave it out of the labels")
        if not _LABEL.fullmatch(label):
            raise UsageError(f"{label!r} is no name of a label; use a letter, then letters, digits and _")
    own = {"alertname": name, "severity": severity, "repository": repository or ""}
    return {label: value for label, given in {**own, **further}.items() if (value := _value(label, given))}


def new_alert(
    labels: Mapping[str, str],
    *,
    message: str,
    description: str,
    runbook_url: str | None,
    dashboard_url: str | None,
    active_seconds: float,
    now: float,
) -> Alert:
    """An alert that holds from now on.

    Args:
        labels: those of :func:`labels_of`.
        message: becomes one line of 256 characters at most.
        description: becomes 4,096 characters at most.
        runbook_url: where it says what to do.
        dashboard_url: where more is to be seen.
        active_seconds: it ends by itself after so long, from 10 minutes to 30 days.
        now: seconds since the epoch.

    Raises:
        UsageError: there is no message, a URL is none, or the time is out of bounds.
    """
    summary = _shortened(" ".join(message.split()), _LONGEST_SUMMARY)
    if not summary:
        raise UsageError("the message is empty; say in one line what is wrong")
    if not SHORTEST_SECONDS <= active_seconds <= LONGEST_SECONDS:
        raise UsageError(f"an alert cannot stay active for {active_seconds:g} s; give 10 minutes to 30 days")
    annotations = {
        "summary": summary,
        "description": _shortened(description, _LONGEST_DESCRIPTION),
        "runbook_url": _url("runbook", runbook_url),
        "dashboard_url": _url("dashboard", dashboard_url),
    }
    return Alert(labels, {key: text for key, text in annotations.items() if text}, now, now + active_seconds)


def news_of_end(labels: Mapping[str, str], now: float) -> Alert:
    """The news that the alert with these labels is over."""
    return Alert(labels, {}, None, now)


def _value(label: str, given: str) -> str:
    value = legible(given)
    if len(value) > _LONGEST_LABEL:
        raise UsageError(f"label {label} has {len(value)} characters; give at most {_LONGEST_LABEL}")
    return value


def _shortened(text: str, longest: int) -> str:
    clean = legible(text)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def _url(name: str, given: str | None) -> str:
    if given and (len(given) > _LONGEST_URL or not _URL.fullmatch(given)):
        raise UsageError(f"{given[:80]!r} is no address of a {name}; write https://...")
    return legible(given or "")
