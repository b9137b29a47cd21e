"""How each branch stands to its target: what divergence and forecast say together."""

from dataclasses import replace

from alignwatch.snapshot import Branch, BranchState, DivergenceReading, ForecastReading, Snapshot


def branches_of(snapshot: Snapshot, repository: str) -> DivergenceReading | None:
    """The branches of one repository with all that is known of them; None where nothing is."""
    divergence = snapshot.get(DivergenceReading, repository)
    forecast = snapshot.get(ForecastReading, repository)
    return with_forecast(divergence, forecast) if divergence and forecast else divergence


def with_forecast(divergence: DivergenceReading, forecast: ForecastReading) -> DivergenceReading:
    """Says of the branches behind whether they would merge cleanly, where that is known."""
    if not forecast.verdicts:
        return divergence
    return replace(
        divergence,
        branches=tuple(
            _told(branch, divergence.target_tips.get(branch.target, ""), forecast)
            for branch in divergence.branches
        ),
    )


def _told(branch: Branch, target_tip: str, forecast: ForecastReading) -> Branch:
    verdict = forecast.verdicts.get((branch.tip, target_tip))
    if verdict is None or branch.state is not BranchState.BEHIND:
        return branch
    state = BranchState.CLEAN if verdict.clean else BranchState.CONFLICTING
    return replace(branch, state=state, conflict_files=verdict.conflict_files)
