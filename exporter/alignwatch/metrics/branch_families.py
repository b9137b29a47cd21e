"""From what is known of a repository's branches to samples."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import ceil

from alignwatch.drift import active_branches, branches_of
from alignwatch.metrics import catalogue
from alignwatch.metrics.catalogue import Metric
from alignwatch.metrics.samples import Samples
from alignwatch.settings import BranchSeries, Repository
from alignwatch.snapshot import (
    Author,
    Branch,
    BranchState,
    CollisionsReading,
    ForecastReading,
    NeverMerge,
    Snapshot,
)

_DAY = 86400.0
_STATISTICS = {"median": 0.5, "p90": 0.9, "max": 1.0}


def add_branches(samples: Samples, snapshot: Snapshot, repository: Repository) -> None:
    """Adds all samples of the branches of one repository."""
    label = repository.label
    reading, forecast = branches_of(snapshot, label), snapshot.get(ForecastReading, label)
    collisions = snapshot.get(CollisionsReading, label)
    if reading is not None:
        drifting = [branch for branch in reading.branches if branch.state is not BranchState.APART]
        _add_groups(samples, label, reading.branches)
        _add_authors(samples, label, reading.branches)
        _add_single_ones(samples, label, drifting, repository.branch_series, snapshot.taken)
        _add_never_merge(samples, label, reading.never_merge)
        samples.add(catalogue.BRANCHES_IGNORED, reading.ignored, label)
    if forecast is not None:
        _add_progress(samples, catalogue.FORECAST_PAIRS, forecast, label)
    if collisions is not None:
        _add_progress(samples, catalogue.COLLISION_PAIRS, collisions, label)
        # A part of them that grows while it is found out would look like branches that begin to collide.
        if not collisions.pending:
            samples.add(catalogue.BRANCH_COLLISIONS, len(collisions.collisions), label)


def _add_progress(
    samples: Samples, metric: Metric, reading: ForecastReading | CollisionsReading, label: str
) -> None:
    samples.add(metric, reading.done, label, "done")
    samples.add(metric, reading.pending, label, "pending")
    samples.add(metric, reading.failed, label, "failed")


def _add_groups(samples: Samples, label: str, branches: Sequence[Branch]) -> None:
    groups: dict[tuple[str, str], list[Branch]] = defaultdict(list)
    for branch in branches:
        groups[branch.target, branch.family].append(branch)
    for (target, family), members in sorted(groups.items()):
        counts = Counter(branch.state for branch in members)
        for state in BranchState:
            samples.add(catalogue.BRANCHES, counts[state], label, target, family, state.value)
        for metric, values in (
            (
                catalogue.BRANCHES_BEHIND,
                [branch.behind for branch in members if branch.state is not BranchState.APART],
            ),
            (catalogue.BRANCHES_CONFLICT_FILES, [branch.conflict_files for branch in members]),
        ):
            known = sorted(value for value in values if value is not None)
            _add_distribution(samples, metric, known, label, target, family)
    _add_growth(samples, label, branches)


def _add_authors(samples: Samples, label: str, branches: Iterable[Branch]) -> None:
    counts = Counter((branch.target, branch.author) for branch in branches if branch.author is not None)
    for target in sorted({target for target, _ in counts}):
        for author in Author:
            samples.add(catalogue.BRANCHES_BY_AUTHOR, counts[target, author], label, target, author.value)


def _add_never_merge(samples: Samples, label: str, pairs: Iterable[NeverMerge]) -> None:
    for pair in pairs:
        labels = (label, pair.branch, pair.target)
        samples.add(catalogue.NEVER_MERGE_DELTA, pair.ahead, *labels, "ahead")
        samples.add(catalogue.NEVER_MERGE_DELTA, pair.behind, *labels, "behind")


def _add_growth(samples: Samples, label: str, branches: Iterable[Branch]) -> None:
    growing: Counter[str] = Counter()
    for branch in branches:
        if branch.conflict_growth is not None:
            growing[branch.target] += branch.conflict_growth > 0
    for target, count in sorted(growing.items()):
        samples.add(catalogue.BRANCHES_CONFLICT_GROWTH, count, label, target)


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
        samples.add(catalogue.BRANCH_COLLISION_PARTNERS, branch.collisions, *labels)
        samples.add(catalogue.BRANCH_TIP, branch.tip_time, *labels)
