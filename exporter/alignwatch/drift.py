"""How each branch stands to its target and to others: what several probes say together."""

from collections.abc import Iterable
from dataclasses import replace

from alignwatch.snapshot import (
    Branch,
    BranchState,
    CollisionsReading,
    DivergenceReading,
    ForecastReading,
    Reading,
    Snapshot,
    UnsavedReading,
)

SOURCES: tuple[type[Reading], ...] = (DivergenceReading, ForecastReading, CollisionsReading, UnsavedReading)
"""The readings that :func:`branches_of` puts together."""


def branches_of(snapshot: Snapshot, repository: str) -> DivergenceReading | None:
    """The branches of one repository with all that is known of them; None where nothing is."""
    divergence = snapshot.get(DivergenceReading, repository)
    forecast = snapshot.get(ForecastReading, repository)
    collisions = snapshot.get(CollisionsReading, repository)
    unsaved = snapshot.get(UnsavedReading, repository)
    if divergence and forecast:
        divergence = with_forecast(divergence, forecast)
    if divergence and collisions:
        divergence = with_collisions(divergence, collisions)
    if divergence and unsaved:
        divergence = with_unsaved(divergence, unsaved)
    return divergence


def active_branches(branches: Iterable[Branch], since: float) -> list[Branch]:
    """Branches whose tip is not older than ``since``, the youngest first."""
    active = [branch for branch in branches if branch.tip_time is not None and branch.tip_time >= since]
    return sorted(active, key=lambda branch: (-(branch.tip_time or 0), branch.name))


def with_forecast(divergence: DivergenceReading, forecast: ForecastReading) -> DivergenceReading:
    """Says of the branches behind whether they would merge cleanly, and how that has changed."""
    if not (forecast.verdicts or forecast.earlier):
        return divergence
    return replace(
        divergence,
        branches=tuple(
            _grown(_told(branch, divergence.target_tips.get(branch.target, ""), forecast), forecast)
            for branch in divergence.branches
        ),
    )


def _told(branch: Branch, target_tip: str, forecast: ForecastReading) -> Branch:
    verdict = forecast.verdicts.get((branch.tip, target_tip))
    if verdict is None or branch.state is not BranchState.BEHIND:
        return branch
    state = BranchState.CLEAN if verdict.clean else BranchState.CONFLICTING
    return replace(branch, state=state, conflict_files=verdict.conflict_files)


def _grown(branch: Branch, forecast: ForecastReading) -> Branch:
    earlier = forecast.earlier.get(branch.name)
    if earlier is None or branch.conflict_files is None:
        return branch
    return replace(branch, conflict_growth=branch.conflict_files - earlier.conflict_files)


def with_collisions(divergence: DivergenceReading, collisions: CollisionsReading) -> DivergenceReading:
    """Says of the active branches with how many others they collide, where that is known."""
    if not collisions.partners:
        return divergence
    return replace(
        divergence, branches=tuple(_colliding(branch, collisions) for branch in divergence.branches)
    )


def _colliding(branch: Branch, collisions: CollisionsReading) -> Branch:
    partners = collisions.partners.get((branch.name, branch.tip))
    return branch if partners is None else replace(branch, collisions=partners)


def with_unsaved(divergence: DivergenceReading, unsaved: UnsavedReading) -> DivergenceReading:
    """Says of the branches how many commits they hold that are nowhere else, where that is known."""
    return replace(
        divergence,
        branches=tuple(
            replace(branch, unsaved=unsaved.commits_of.get(branch.tip)) for branch in divergence.branches
        ),
    )
