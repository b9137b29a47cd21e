from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from alignwatch.branches import Row
from alignwatch.ranking import Ranking, as_table, rank
from alignwatch.settings import Repository
from alignwatch.snapshot import BranchState
from alignwatch.text import timestamp
from support.readings import NOW

REPOSITORIES = {"app": Repository(path="/srv/app", primaries=("main",), protected=("keep-*",))}


def row(branch: str = "b", state: BranchState = BranchState.BEHIND, **changes: object) -> Row:
    made = Row(
        repository="app",
        branch=branch,
        target="main",
        family="b",
        state=state,
        ahead=5,
        behind=100,
        tip="1" * 40,
        tip_time=timestamp(NOW - 86400),
        merge_base_time=None,
        conflict_files=None,
    )
    return structs.replace(made, **changes)


def ranked(*rows: Row) -> Ranking:
    return rank(rows, REPOSITORIES, NOW)


def points(one: Row) -> int:
    return ranked(one).next[0].points


def test_what_needs_nothing_is_not_ranked() -> None:
    states = (BranchState.MERGED, BranchState.ALIGNED, BranchState.ORPHAN, BranchState.UNKNOWN)
    assert ranked(*(row(state=state) for state in states)).next == ()


def test_each_part_counts_as_written() -> None:
    fresh = row(tip_time=timestamp(NOW), ahead=50, behind=1000, state=BranchState.CLEAN, conflict_files=0)
    assert points(fresh) == 100
    assert points(structs.replace(fresh, tip_time=timestamp(NOW - 14 * 86400))) == 80
    assert points(structs.replace(fresh, ahead=0)) == 80
    assert points(structs.replace(fresh, behind=0)) == 80
    conflicting = structs.replace(fresh, state=BranchState.CONFLICTING, conflict_files=12)
    assert points(conflicting) == 90
    assert points(structs.replace(fresh, state=BranchState.BEHIND, conflict_files=None)) == 90
    assert points(structs.replace(fresh, tip_time=None)) == 60


def test_every_row_says_why() -> None:
    (one,) = ranked(row(state=BranchState.CONFLICTING, conflict_files=3)).next
    assert one.why == "worked on 24 h ago, 5 commits that main lacks, 100 behind, would conflict in 3 files"
    assert ranked(row(state=BranchState.CLEAN)).next[0].why.endswith("merges cleanly")
    assert ranked(row(tip_time=None)).next[0].why.startswith("age unknown")


def test_only_what_is_merged_and_nobody_keeps_can_go() -> None:
    merged = [row(name, BranchState.MERGED) for name in ("main", "keep-this", "done")]
    found = ranked(*merged, row("open"), row("lost", BranchState.ORPHAN)).deletable
    assert [one.branch for one in found] == ["done"]


def test_the_table_names_both() -> None:
    text = as_table(ranked(row("open"), row("done", BranchState.MERGED)), 10)
    assert text.splitlines()[0].split() == ["POINTS", "BRANCH", "TARGET", "STATE", "WHY"]
    assert text.endswith("1 want aligning; 1 are merged and can be deleted")


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.one_of(st.none(), st.integers(0, 10**4)))
def test_points_stay_within_their_bounds_and_more_is_never_less(
    ahead: int, behind: int, files: int | None
) -> None:
    one = row(ahead=ahead, behind=behind, conflict_files=files)
    assert 0 <= points(one) <= 100
    assert points(structs.replace(one, ahead=ahead + 1)) >= points(one)
    assert points(structs.replace(one, behind=behind + 1)) >= points(one)
    assert points(structs.replace(one, tip_time=timestamp(NOW - 1))) >= points(one)
    if files is not None:
        assert points(structs.replace(one, conflict_files=files + 1)) <= points(one)
