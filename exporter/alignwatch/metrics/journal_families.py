"""From a journal's reading to metric families. What is unknown has no sample."""

from collections import Counter
from collections.abc import Sequence
from itertools import product

from prometheus_client.core import Metric as Family

from alignwatch.journal.reading import JournalReading
from alignwatch.metrics import catalogue
from alignwatch.metrics.histograms import durations, phase_durations
from alignwatch.metrics.known import Watched, target_label, targets_of
from alignwatch.metrics.samples import Samples
from alignwatch.operation import SUCCESSFUL, Kind
from alignwatch.tracking.trend import Trends
from alignwatch.tracking.verification import REASONS, UNKNOWN


def journal_families(
    reading: JournalReading | None,
    repositories: Sequence[Watched],
    window_seconds: float,
    trends: Trends,
    *,
    resources: bool = True,
) -> list[Family]:
    """Everything that the journal knows about the configured repositories.

    Args:
        reading: None when the journal cannot be read.
        repositories: those that are configured; operations of others are not shown.
        window_seconds: length of the window that the reading's extremes are of.
        trends: those that are known.
        resources: whether to show what operations used.
    """
    samples = Samples()
    samples.add(catalogue.JOURNAL_SUCCESS, reading is not None)
    if reading is None:
        return samples.families()
    samples.add(catalogue.JOURNAL_CREATED, reading.created)
    samples.add(catalogue.JOURNAL_OPERATIONS, reading.operations)
    samples.add(catalogue.OPERATION_WINDOW, window_seconds)
    for repository in repositories:
        _last_success(samples, repository.label, reading)
        _claims(samples, repository, reading)
        _waiting(samples, repository.label, reading)
        _window(samples, repository.label, reading)
        if resources:
            _resources(samples, repository.label, reading)
        _in_flight(samples, repository.label, reading)
        _trends(samples, repository.label, trends)
    histograms = [
        durations(reading.totals, reading.newest, repositories),
        phase_durations(reading.phases, repositories),
    ]
    return [*histograms, *samples.families()]


def notification_families(reading: JournalReading | None) -> list[Family]:
    """What Alertmanager says that it has sent; nothing when the journal cannot be read."""
    samples = Samples()
    if reading is not None:
        for status in ("firing", "resolved"):
            samples.add(catalogue.AUDIT_NOTIFICATIONS, reading.notifications.get(status, 0), status)
    return samples.families()


def _last_success(samples: Samples, repository: str, reading: JournalReading) -> None:
    for kind in Kind:
        ended = [
            total.last_ended
            for total in reading.totals
            if (total.repository, total.operation) == (repository, kind) and total.outcome in SUCCESSFUL
        ]
        samples.add(catalogue.OPERATION_LAST_SUCCESS, max(ended, default=None), repository, kind.value)


def _claims(samples: Samples, repository: Watched, reading: JournalReading) -> None:
    counts: Counter[tuple[str, str, str]] = Counter()
    for total in reading.unverified:
        if total.repository == repository.label:
            counts[total.operation, target_label(repository, total.target), total.reason] += total.number
    for kind, target in product(map(str, Kind), targets_of(repository)):
        labels = repository.label, kind, target
        for reason in REASONS:
            samples.add(catalogue.OPERATIONS_UNVERIFIED, counts[kind, target, reason], *labels, reason)
        samples.add(catalogue.OPERATIONS_UNVERIFIABLE, counts[kind, target, UNKNOWN], *labels)


def _resources(samples: Samples, repository: str, reading: JournalReading) -> None:
    for one in reading.window:
        if one.repository == repository:
            samples.add(catalogue.OPERATION_WINDOW_MEMORY, one.peak_memory_bytes, repository, one.operation)
    used = {total.operation: total for total in reading.resources if total.repository == repository}
    for kind in map(str, Kind):
        total = used.get(kind)
        samples.add(catalogue.OPERATION_CPU, total.cpu_seconds if total else 0, repository, kind)
        samples.add(catalogue.OPERATION_MEASURED, total.measured_seconds if total else 0, repository, kind)
        samples.add(catalogue.OPERATION_IO, total.io_operations if total else 0, repository, kind)


def _waiting(samples: Samples, repository: str, reading: JournalReading) -> None:
    waited = {total.operation: total.seconds for total in reading.waiting if total.repository == repository}
    for kind in map(str, Kind):
        samples.add(catalogue.OPERATION_WAITING, waited.get(kind, 0), repository, kind)


def _window(samples: Samples, repository: str, reading: JournalReading) -> None:
    numbers = {one.operation: one.number for one in reading.window if one.repository == repository}
    for kind in map(str, Kind):
        samples.add(catalogue.OPERATION_WINDOW_OPERATIONS, numbers.get(kind, 0), repository, kind)
    for one in reading.window:
        if one.repository == repository:
            samples.add(catalogue.OPERATION_WINDOW_MIN, one.shortest, repository, one.operation)
            samples.add(catalogue.OPERATION_WINDOW_MAX, one.longest, repository, one.operation)


def _in_flight(samples: Samples, repository: str, reading: JournalReading) -> None:
    for kind in map(str, Kind):
        begun = [one.started for one in reading.running if (one.repository, one.kind) == (repository, kind)]
        samples.add(catalogue.OPERATIONS_IN_FLIGHT, len(begun), repository, kind)
        samples.add(catalogue.OPERATION_OLDEST_IN_FLIGHT, min(begun, default=None), repository, kind)


def _trends(samples: Samples, repository: str, trends: Trends) -> None:
    for (name, kind), trend in sorted(trends.items()):
        if name == repository:
            samples.add(catalogue.OPERATION_TREND_RATIO, trend.ratio_per_week, repository, kind)
            samples.add(catalogue.OPERATION_TREND_P_VALUE, trend.p_value, repository, kind)
            samples.add(catalogue.OPERATION_TREND_SAMPLES, trend.samples, repository, kind)
