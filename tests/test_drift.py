from dataclasses import replace

import pytest

from alignwatch.drift import branches_of, with_forecast
from alignwatch.snapshot import BranchState, DivergenceReading, ForecastReading, Reason, Verdict
from support.readings import DIVERGENCE, bad, good, snapshot

TIP, TARGET = "1" * 40, "2" * 40
BRANCHES = replace(DIVERGENCE, target_tips={"main": TARGET})


def forecast(*verdicts: Verdict, target: str = TARGET) -> ForecastReading:
    return ForecastReading(dict.fromkeys([(TIP, target)], *verdicts) if verdicts else {}, 0, 0)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict(True, 0), BranchState.CLEAN),
        (Verdict(False, 7), BranchState.CONFLICTING),
        (Verdict(False, 0), BranchState.CONFLICTING),
    ],
)
def test_a_verdict_parts_the_branches_behind_and_no_others(verdict: Verdict, state: BranchState) -> None:
    told = with_forecast(BRANCHES, forecast(verdict))
    assert len(told.branches) == len(BRANCHES.branches)
    for before, after in zip(BRANCHES.branches, told.branches, strict=True):
        if before.state is BranchState.BEHIND:
            assert after == replace(before, state=state, conflict_files=verdict.conflict_files)
        else:
            assert after is before


def test_a_verdict_about_an_earlier_target_says_nothing() -> None:
    assert with_forecast(BRANCHES, forecast(Verdict(True, 0), target="3" * 40)) == BRANCHES


def test_without_a_forecast_the_branches_are_as_they_were_measured() -> None:
    assert with_forecast(BRANCHES, forecast()) is BRANCHES
    failed = bad(ForecastReading, Reason.GIT, "no", "app")
    assert branches_of(snapshot(good(BRANCHES, "app"), failed), "app") is BRANCHES
    assert branches_of(snapshot(good(forecast(Verdict(True, 0)), "app")), "app") is None
    assert branches_of(snapshot(bad(DivergenceReading, Reason.GIT, "no", "app")), "app") is None


def test_both_together() -> None:
    seen = snapshot(good(BRANCHES, "app"), good(forecast(Verdict(False, 3)), "app"))
    reading = branches_of(seen, "app")
    assert reading is not None
    assert [one.conflict_files for one in reading.branches if one.name == "bolt/a"] == [3]
