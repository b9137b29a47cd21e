from dataclasses import replace

from alignwatch.forecast.memory import Remembered
from alignwatch.forecast.planner import moves_of, pairs_of
from alignwatch.forecast.rule import Move
from alignwatch.snapshot import BranchState, DivergenceReading, Verdict
from support.readings import branch

CLEAN = Verdict(True, 0)


def test_the_most_recently_active_first_and_only_where_a_merge_says_something() -> None:
    behind = [
        replace(branch(name, BranchState.BEHIND, 1, 1, age=age), tip=tip)
        for name, age, tip in (("old", 900.0, "a"), ("young", 100.0, "b"), ("twin", 100.0, "b"))
    ]
    others = [branch(state, state, 1, 1) for state in BranchState if state is not BranchState.BEHIND]
    dateless = replace(branch("dateless", BranchState.BEHIND, 1, 1), tip="c", tip_time=None)
    reading = DivergenceReading((dateless, *others, *behind), 0, {"main": "m"})
    assert pairs_of(reading) == [("b", "m"), ("a", "m"), ("c", "m")]


def test_the_newest_verdict_with_the_same_merge_bases_is_the_one_to_judge() -> None:
    known = {
        (tip, target): Remembered(tip, target, bases, CLEAN)
        for tip, target, bases in (
            ("a", "old", ("1", "2")),
            ("a", "newer", ("1", "2")),
            ("b", "newer", ("1",)),
            ("c", "newer", ("9",)),
        )
    }
    pairs = {("a", "new"): ("1", "2"), ("b", "new"): ("3",), ("d", "new"): ("9",)}
    found = moves_of(pairs, known)
    assert found == {Move("newer", "new", ("1", "2"), "a"): known["a", "newer"]}
