"""From what is known of a repository's branches to samples."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import ceil

from alignwatch.drift import branches_of
from alignwatch.metrics import catalogue
from alignwatch.metrics.catalogue import Metric
from alignwatch.metrics.samples import Samples
from alignwatch.settings import BranchSeries, Repository
from alignwatch.snapshot import Branch, BranchState, ForecastReading, Snapshot

_DAY = 86400.0
_STATISTICS = {"median": 0.5, "p90": 0.9, "max": 1.0}


def add_branches(samples: Samples, snapshot: Snapshot, repository: Repository) -> None:
    """Adds all samples of the branches of one repository."""
    label = repository.label
    reading, forecast = branches_of(snapshot, label), snapshot.get(ForecastReading, label)
    if reading is not None:
        _add_groups(samples, label, reading.branches)
        _add_single_ones(samples, label, reading.branches, repository.branch_series, snapshot.taken)
        samples.add(catalogue.BRANCHES_IGNORED, reading.ignored, label)
    if forecast is not None:
        samples.add(catalogue.FORECAST_PAIRS, len(forecast.verdicts), label, "done")
        samples.add(catalogue.FORECAST_PAIRS, forecast.pending, label, "pending")
        samples.add(catalogue.FORECAST_PAIRS, forecast.failed, label, "failed")


def _add_groups(samples: Samples, label: str, branches: Iterable[Branch]) -> None:
    groups: dict[tuple[str, str], list[Branch]] = defaultdict(list)
    for branch in branches:
        groups[branch.target, branch.family].append(branch)
    for (target, family), members in sorted(groups.items()):
        counts = Counter(branch.state for branch in members)
        for state in BranchState:
            samples.add(catalogue.BRANCHES, counts[state], label, target, family, state.value)
        for metric, values in (
            (catalogue.BRANCHES_BEHIND, [branch.behind for branch in members]),
            (catalogue.BRANCHES_CONFLICT_FILES, [branch.conflict_files for branch in members]),
        ):
            known = sorted(value for value in values if value is not None)
            _add_distribution(samples, metric, known, label, target, family)


def _add_distribution(samples: Samples, metric: Metric, ordered: Sequence[int], *labels: str) -> None:
    """By nearest rank: each is the value of some branch."""
    if ordered:
        for statistic, share in _STATISTICS.items():
            samples.add(metric, ordered[ceil(share * len(ordered)) - 1], *labels, statistic)


def _add_single_ones(
    samples: Samples, label: str, branches: Iterable[Branch], budget: BranchSeries, now: float
) -> None:
    active = active_branches(branches, now - budget.active_days * _DAY)
    shown = active[: budget.limit]
    samples.add(catalogue.BRANCHES_ACTIVE, len(active), label)
    samples.add(catalogue.BRANCHES_CUT, len(active) - len(shown), label)
    for branch in shown:
        labels = (label, branch.name, branch.target)
        samples.add(catalogue.BRANCH_DELTA, branch.ahead, *labels, "ahead")
        samples.add(catalogue.BRANCH_DELTA, branch.behind, *labels, "behind")
        samples.add(catalogue.BRANCH_CONFLICT_FILES, branch.conflict_files, *labels)
        samples.add(catalogue.BRANCH_TIP, branch.tip_time, *labels)


def active_branches(branches: Iterable[Branch], since: float) -> list[Branch]:
    """Branches whose tip is not older than ``since``, the youngest first."""
    active = [branch for branch in branches if branch.tip_time is not None and branch.tip_time >= since]
    return sorted(active, key=lambda branch: (-(branch.tip_time or 0), branch.name))
