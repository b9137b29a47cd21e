"""The histograms of operations and of their phases."""

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, product

from prometheus_client.core import Exemplar
from prometheus_client.core import Metric as Family
from prometheus_client.utils import floatToGoString

from alignwatch.journal.newest import NewestOperation
from alignwatch.journal.reading import OperationTotal, PhaseTotal
from alignwatch.metrics import catalogue
from alignwatch.metrics.known import KNOWN_PHASES, Watched, target_label
from alignwatch.operation import BUCKETS, Kind, Outcome

_EXEMPLAR_LABEL = "operation_id"
_PLAIN_ID = re.compile(r"[A-Za-z0-9._:/@+-]{1,116}")
"""What is shown as exemplar. OpenMetrics allows 128 characters with the label's name, and parsers stumble
over some that it allows.
"""

_BOUNDS = (*BUCKETS, math.inf)
_BOUND_LABELS = tuple(map(floatToGoString, _BOUNDS))

_Exemplars = Mapping[int, Exemplar]
"""Number of a bucket -> its exemplar."""


def durations(
    totals: Iterable[OperationTotal], newest: Iterable[NewestOperation], repositories: Iterable[Watched]
) -> Family:
    """The durations of operations; each bucket has its newest one's id as exemplar, as far as it is known.

    Args:
        totals: all there are.
        newest: the newest operations first.
        repositories: those to show.
    """
    family = catalogue.OPERATION_DURATION.family()
    for repository in repositories:
        members = defaultdict[tuple[str, str, str], list[OperationTotal]](list)
        for total in totals:
            if total.repository == repository.label:
                target = target_label(repository, total.target)
                members[total.operation, target, total.outcome].append(total)
        exemplars = _exemplars(newest, repository)
        known = product(map(str, Kind), repository.primaries)
        seen = sorted((operation, target) for operation, target, _ in members)
        for (operation, target), outcome in product(dict.fromkeys((*known, *seen)), map(str, Outcome)):
            key = operation, target, outcome
            labels = dict(zip(catalogue.OPERATION_DURATION.labels, (repository.label, *key), strict=True))
            _add(family, labels, members.get(key, ()), exemplars.get(key, {}))
    return family


def phase_durations(totals: Iterable[PhaseTotal], repositories: Iterable[Watched]) -> Family:
    """The durations of phases."""
    family = catalogue.OPERATION_PHASE_DURATION.family()
    for repository in repositories:
        members = {
            (total.operation, total.phase): [total]
            for total in totals
            if total.repository == repository.label
        }
        for key in sorted({*KNOWN_PHASES, *members}):
            names = catalogue.OPERATION_PHASE_DURATION.labels
            labels = dict(zip(names, (repository.label, *key), strict=True))
            _add(family, labels, members.get(key, ()), {})
    return family


def _add(
    family: Family,
    labels: dict[str, str],
    totals: Sequence[OperationTotal] | Sequence[PhaseTotal],
    exemplars: _Exemplars,
) -> None:
    counts, seconds = [0] * len(_BOUNDS), 0.0
    for total in totals:
        seconds += total.seconds
        for bound, number in total.buckets.items():
            # A bound that only an older version had counts in the next one that there is now.
            counts[bisect_left(_BOUNDS, bound)] += number
    for number, (bound, cumulative) in enumerate(zip(_BOUND_LABELS, accumulate(counts), strict=True)):
        family.add_sample(
            f"{family.name}_bucket", {**labels, "le": bound}, cumulative, exemplar=exemplars.get(number)
        )
    family.add_sample(f"{family.name}_count", labels, sum(counts))
    family.add_sample(f"{family.name}_sum", labels, seconds)


def _exemplars(
    newest: Iterable[NewestOperation], repository: Watched
) -> Mapping[tuple[str, ...], _Exemplars]:
    """Kind, target and outcome -> the exemplars of their buckets."""
    found = defaultdict[tuple[str, ...], dict[int, Exemplar]](dict)
    for one in newest:
        if one.repository == repository.label and _PLAIN_ID.fullmatch(one.operation_id):
            key = one.operation, target_label(repository, one.target), one.outcome
            exemplar = Exemplar({_EXEMPLAR_LABEL: one.operation_id}, one.duration, one.ended)
            found[key].setdefault(bisect_left(_BOUNDS, one.duration), exemplar)
    return found
