"""From a journal's reading to metric families. What is unknown has no sample."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Protocol

from prometheus_client.core import Metric as Family
from prometheus_client.utils import floatToGoString

from alignwatch.journal.reading import JournalReading, OperationTotal
from alignwatch.metrics import catalogue
from alignwatch.metrics.samples import Samples
from alignwatch.operation import BUCKETS, SUCCESSFUL, Kind, Outcome

OTHER_TARGET = "other"
"""The label of every target that is no primary, so that labels stay bounded."""

_ALWAYS_SHOWN = frozenset({Kind.REBASE, Kind.MERGE, Kind.CHERRY_PICK})
_BOUNDS = (*BUCKETS, math.inf)
_BOUND_LABELS = tuple(map(floatToGoString, _BOUNDS))


class Watched(Protocol):
    """What is needed of a configured repository."""

    @property
    def label(self) -> str:
        """Its name."""

    @property
    def primaries(self) -> Sequence[str]:
        """Its primary branches."""


def journal_families(
    reading: JournalReading | None, repositories: Sequence[Watched], window_seconds: float
) -> list[Family]:
    """Everything that the journal knows about the configured repositories.

    Counters and the histogram are at 0 from the start for the usual kinds, every primary and every
    outcome: the first operation would otherwise be no increase.

    Args:
        reading: None when the journal cannot be read.
        repositories: those that are configured; operations of others are not shown.
        window_seconds: length of the window that the reading's extremes are of.
    """
    samples = Samples()
    samples.add(catalogue.JOURNAL_SUCCESS, reading is not None)
    if reading is None:
        return samples.families()
    samples.add(catalogue.JOURNAL_OPERATIONS, reading.operations)
    samples.add(catalogue.OPERATION_WINDOW, window_seconds)
    durations = catalogue.OPERATION_DURATION.family()
    for repository in repositories:
        totals = [total for total in reading.totals if total.repository == repository.label]
        kinds = sorted({*map(str, _ALWAYS_SHOWN), *(total.operation for total in totals)})
        for kind in kinds:
            same_kind = [total for total in totals if total.operation == kind]
            _durations(durations, repository, kind, same_kind)
            _last_success(samples, repository.label, kind, same_kind)
        _resources(samples, repository.label, kinds, reading)
        _window(samples, repository.label, reading)
    return [durations, *samples.families()]


def _durations(family: Family, repository: Watched, kind: str, totals: Sequence[OperationTotal]) -> None:
    def label(target: str) -> str:
        return target if target in repository.primaries else OTHER_TARGET

    seen = {label(total.target) for total in totals}
    for target in dict.fromkeys((*repository.primaries, *sorted(seen))):
        for outcome in Outcome:
            labels = (repository.label, kind, target, outcome.value)
            members = [total for total in totals if (label(total.target), total.outcome) == (target, outcome)]
            _histogram(family, dict(zip(catalogue.OPERATION_DURATION.labels, labels, strict=True)), members)


def _histogram(family: Family, labels: dict[str, str], totals: Iterable[OperationTotal]) -> None:
    counts, seconds = [0] * len(_BOUNDS), 0.0
    for total in totals:
        seconds += total.seconds
        for bound, number in total.buckets.items():
            # A bound that only an older version had counts in the next one that there is now.
            counts[bisect_left(_BOUNDS, bound)] += number
    for bound_label, cumulative in zip(_BOUND_LABELS, accumulate(counts), strict=True):
        family.add_sample(f"{family.name}_bucket", {**labels, "le": bound_label}, cumulative)
    family.add_sample(f"{family.name}_count", labels, sum(counts))
    family.add_sample(f"{family.name}_sum", labels, seconds)


def _last_success(samples: Samples, repository: str, kind: str, totals: Iterable[OperationTotal]) -> None:
    ended = [total.last_ended for total in totals if total.outcome in SUCCESSFUL]
    samples.add(catalogue.OPERATION_LAST_SUCCESS, max(ended, default=None), repository, kind)


def _resources(samples: Samples, repository: str, kinds: Iterable[str], reading: JournalReading) -> None:
    used = {total.operation: total for total in reading.resources if total.repository == repository}
    for kind in kinds:
        total = used.get(kind)
        samples.add(catalogue.OPERATION_CPU, total.cpu_seconds if total else 0, repository, kind)
        samples.add(catalogue.OPERATION_MEASURED, total.measured_seconds if total else 0, repository, kind)
        samples.add(catalogue.OPERATION_IO, total.io_operations if total else 0, repository, kind)


def _window(samples: Samples, repository: str, reading: JournalReading) -> None:
    for one in reading.window:
        if one.repository == repository:
            samples.add(catalogue.OPERATION_WINDOW_MIN, one.shortest, repository, one.operation)
            samples.add(catalogue.OPERATION_WINDOW_MAX, one.longest, repository, one.operation)
            samples.add(catalogue.OPERATION_WINDOW_MEMORY, one.peak_memory_bytes, repository, one.operation)
