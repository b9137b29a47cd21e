from dataclasses import replace

import pytest

from alignwatch.drift import branches_of, with_collisions, with_forecast
from alignwatch.snapshot import BranchState, DivergenceReading, Earlier, ForecastReading, Reason, Verdict
from support.readings import COLLISIONS, DIVERGENCE, UNSAVED, bad, good, snapshot

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


def test_growth_is_against_what_was_earlier() -> None:
    earlier = {"bolt/a": Earlier(7, 1, 4), "bolt/b": Earlier(3, 2, 0), "bolt/c": Earlier(7, 9, 9)}
    told = with_forecast(BRANCHES, replace(forecast(Verdict(False, 3)), earlier=earlier))
    grown = {one.name: one.conflict_growth for one in told.branches if one.name in earlier}
    assert grown == {"bolt/a": 2, "bolt/b": None, "bolt/c": None}, "of the others too little is known today"
    aligned = replace(BRANCHES.branches[2], conflict_files=0)
    told = with_forecast(replace(BRANCHES, branches=(aligned,)), ForecastReading({}, 0, 0, earlier=earlier))
    assert told.branches[0].conflict_growth == -2


def test_collisions_are_known_by_the_tip() -> None:
    moved = replace(BRANCHES.branches[2], tip="3" * 40)
    branches = (*BRANCHES.branches[:2], moved)
    told = with_collisions(replace(BRANCHES, branches=branches), COLLISIONS)
    assert [one.collisions for one in told.branches] == [None, 1, None]
    assert with_collisions(BRANCHES, replace(COLLISIONS, partners={})) is BRANCHES
    reading = branches_of(snapshot(good(BRANCHES, "app"), good(COLLISIONS, "app")), "app")
    assert reading == with_collisions(BRANCHES, COLLISIONS)


def test_what_is_unsaved_is_known_by_the_tip() -> None:
    moved = replace(BRANCHES.branches[0], tip="3" * 40)
    seen = snapshot(
        good(replace(BRANCHES, branches=(*BRANCHES.branches[1:], moved)), "app"), good(UNSAVED, "app")
    )
    reading = branches_of(seen, "app")
    assert reading is not None
    assert [one.unsaved for one in reading.branches] == [3, 3, 3, 3, None]
