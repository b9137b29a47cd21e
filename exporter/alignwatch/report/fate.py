"""What became of an alert: told, held back, lost on the way, or unknown. Only evidence counts.

Alertmanager cannot say of one alert whether it was delivered. What is known instead:

- the exporter's audit: the receiver that tells people has sent this alert out, for the audit is in that
  receiver too. It proves that Alertmanager sent, not that a mail server took the mail;
- Alertmanager's counts of requests by kind of receiver, as Prometheus scraped them: where all to email and
  Slack failed while the alert fired, nobody was told;
- Alertmanager's word that it holds an alert back now, and, for the past, a maintenance window or a silence
  that lasted as long as the alert while the audit recorded nothing of it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, Self, TypeVar

from alignwatch.errors import AlignwatchError
from alignwatch.report.activations import Activation, activations, agree
from alignwatch.report.counts import growth
from alignwatch.report.prometheus import Prometheus, Sample, promql_duration, promql_selector_of_all
from alignwatch.report.sources import Sources
from alignwatch.report.window import Window
from alignwatch.servers.alertmanager import OURS, HeldAlert, Matcher, Silence
from alignwatch.servers.exporter import Delivery

Fate = Literal["sent", "suppressed", "failed", "unknown"]

_WINDOWS = {
    "AlignmentMaintenanceActive": ("instance",),
    "AlignmentRepositoryMaintenanceActive": ("instance", "repository"),
}
"""The alerts that hold others back, and the labels that these have to share."""
_SLACK_SECONDS = 60.0
"""Longer than Alertmanager waits for company before it sends (30 s), and than two evaluations are apart."""
_TELLS_PEOPLE = ("email", "slack")
"""Integrations of Alertmanager's that only people's channels use; ``webhook`` is the audit's too."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known."""

    held: Sequence[HeldAlert]
    """What Alertmanager holds now."""
    silences: Sequence[Silence]
    windows: Sequence[Activation]
    """When maintenance held back which exporter's alerts."""
    deliveries: Sequence[Delivery] | None
    """What the audit has recorded; None where nothing is recorded."""
    requests: "Requests"

    @classmethod
    def gathered(cls, sources: Sources, window: Window, since: float) -> Self:
        """Asks all who may know.

        Args:
            sources: without the answer of Alertmanager or the exporter less is known.
            window: what the report is about.
            since: when the first of the alerts began, in seconds since the epoch.
        """
        prometheus, alertmanager, warn = sources.prometheus, sources.alertmanager, sources.warn
        partly, unknown = (f"what became of the alerts is {how}" for how in ("known in part", "unknown"))
        audit = sources.exporter
        answer = or_nothing(partial(audit.deliveries, since), partly, warn) if audit else None
        if answer and not answer.complete:
            warn(f"{partly}: the exporter tells the newest {len(answer.deliveries)} deliveries only")
        held = or_nothing(partial(alertmanager.alerts, OURS), unknown, warn)
        # One who does not answer the first question need not be asked another.
        silences = None if held is None else or_nothing(alertmanager.silences, partly, warn)
        return cls(
            held=held or (),
            silences=silences or (),
            windows=activations(prometheus, window, f'alertname=~"{"|".join(_WINDOWS)}"'),
            deliveries=answer.deliveries if answer else None,
            requests=Requests.seen(prometheus, window),
        )

    def fate(self, activation: Activation) -> Fate:
        """What became of one alert."""
        made = self.requests.between(activation.started, activation.last_seen + _SLACK_SECONDS)
        if any(_tells_of(one, activation) for one in self.deliveries or ()):
            people = {name: made[name] for name in _TELLS_PEOPLE if name in made}
            return "failed" if _all_failed(people) else "sent"
        if self._held_now(activation) or (self.deliveries is not None and self._was_held(activation)):
            return "suppressed"
        return "failed" if _all_failed(made) else "unknown"

    def told(self, activation: Activation) -> tuple[Delivery, ...]:
        """What is recorded of it, the oldest first: that it fires, and that it is over."""
        mine = [one for one in self.deliveries or () if _is_of(one, activation)]
        return tuple(sorted(mine, key=lambda one: (one.first_sent, one.status, one.receiver)))

    def raised(self, activation: Activation) -> HeldAlert | None:
        """The alert as Alertmanager holds it now.

        It keeps the oldest start of what overlaps, so only that it does not begin later can be asked.
        """
        for one in self.held:
            not_later = one.starts_at.timestamp() <= activation.last_seen
            if activation.newest and not_later and agree(one.labels, activation.labels):
                return one
        return None

    def _held_now(self, activation: Activation) -> bool:
        raised = self.raised(activation)
        return raised is not None and raised.status.state == "suppressed"

    def _was_held(self, activation: Activation) -> bool:
        """Whether it was held back from first to last."""
        spans = [
            (window.fired, window.last_seen)
            for window in self.windows
            if all(window.labels.get(label) == activation.labels.get(label) for label in _shared(window))
        ]
        spans += [
            (silence.starts_at.timestamp(), silence.ends_at.timestamp())
            for silence in self.silences
            if all(_matches(matcher, activation.labels) for matcher in silence.matchers)
        ]
        return any(
            begin <= activation.fired + _SLACK_SECONDS and activation.last_seen <= end + _SLACK_SECONDS
            for begin, end in spans
        )


@dataclass(frozen=True, slots=True)
class Requests:
    """How many requests Alertmanager made in the window, by kind of receiver, and how many failed."""

    made: Mapping[str, Sequence[Sequence[Sample]]]
    failed: Mapping[str, Sequence[Sequence[Sample]]]

    @classmethod
    def seen(cls, prometheus: Prometheus, window: Window) -> Self:
        """As Prometheus has scraped them; nothing where it does not scrape Alertmanager."""
        names = "alertmanager_notification_requests_total", "alertmanager_notification_requests_failed_total"
        return cls(*(_by_integration(prometheus, name, window) for name in names))

    def between(self, begin: float, end: float) -> dict[str, tuple[float, float]]:
        """By kind of receiver: requests and failures between two moments, where there were any requests."""
        counts = {
            name: (
                sum(_growth(one, begin, end) for one in series),
                sum(_growth(one, begin, end) for one in self.failed.get(name, ())),
            )
            for name, series in self.made.items()
        }
        return {name: (made, failed) for name, (made, failed) in counts.items() if made}


def or_nothing(ask: Callable[[], Answer], consequence: str, warn: Callable[[str], None]) -> Answer | None:
    """What a server answers; None where it fails, and ``warn`` is told the consequence."""
    try:
        return ask()
    except AlignwatchError as error:
        warn(f"{consequence}: {error}")
        return None


def _shared(window: Activation) -> tuple[str, ...]:
    return _WINDOWS[window.labels["alertname"]]


def _tells_of(delivery: Delivery, activation: Activation) -> bool:
    """Whether it told that the alert fires, while it did; for the times see :meth:`Evidence.raised`."""
    return delivery.status == "firing" and _is_of(delivery, activation)


def _is_of(delivery: Delivery, activation: Activation) -> bool:
    return (
        delivery.starts_at <= activation.last_seen
        and delivery.last_sent >= activation.started
        and agree(delivery.labels, activation.labels)
    )


def _all_failed(requests: Mapping[str, tuple[float, float]]) -> bool:
    return bool(requests) and all(failed >= made for made, failed in requests.values())


def _by_integration(prometheus: Prometheus, name: str, window: Window) -> dict[str, list[Sequence[Sample]]]:
    # Alertmanager counts for every kind of receiver that it knows, and most are nobody's.
    ranged = f"{name}[{promql_duration(window.seconds)}]"
    used = [one.labels for one in prometheus.instant(f"max_over_time({ranged}) > 0", window.end)]
    found: dict[str, list[Sequence[Sample]]] = {}
    for series in prometheus.raw(promql_selector_of_all(name, used), window) if used else ():
        found.setdefault(series.labels.get("integration", ""), []).append(series.samples)
    return found


def _growth(samples: Sequence[Sample], begin: float, end: float) -> float:
    """From the last sample not after one moment to the first not before another, or as near as there are."""
    times = [sample.time for sample in samples]
    first = max(bisect_right(times, begin) - 1, 0)
    return growth(sample.value for sample in samples[first : bisect_left(times, end) + 1])


def _matches(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    value = labels.get(matcher.name, "")
    if not matcher.is_regex:
        return (value == matcher.value) is matcher.is_equal
    try:
        return (re.fullmatch(matcher.value, value) is not None) is matcher.is_equal
    except re.error:  # Alertmanager's expressions are RE2's: one that Python cannot read proves nothing.
        return False
