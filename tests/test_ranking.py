from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from alignwatch.branches import Row
from alignwatch.ranking import Ranking, as_table, first, rank
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
    states = (
        BranchState.MERGED,
        BranchState.ALIGNED,
        BranchState.ORPHAN,
        BranchState.UNKNOWN,
        BranchState.APART,
    )
    assert ranked(*(row(state=state) for state in states)).next == ()


def test_each_part_counts_as_written() -> None:
    all_points = row(
        tip_time=timestamp(NOW),
        ahead=50,
        behind=1000,
        state=BranchState.CLEAN,
        conflict_files=0,
        unsaved=1,
        conflict_growth=12,
        collisions=5,
    )
    assert points(all_points) == 100
    assert points(structs.replace(all_points, tip_time=None)) == 65
    assert points(structs.replace(all_points, ahead=0)) == 85
    assert points(structs.replace(all_points, unsaved=None)) == 95
    assert points(structs.replace(all_points, behind=0)) == 90
    assert points(structs.replace(all_points, conflict_growth=-3)) == 90
    assert points(structs.replace(all_points, collisions=None)) == 90
    assert points(structs.replace(all_points, tip_time=timestamp(NOW - 14 * 86400))) in (82, 83)
    conflicting = structs.replace(all_points, state=BranchState.CONFLICTING, conflict_files=12)
    assert points(conflicting) in (92, 93)
    assert points(structs.replace(all_points, state=BranchState.BEHIND, conflict_files=None)) in (92, 93)


def test_every_row_says_why() -> None:
    (one,) = ranked(row(state=BranchState.CONFLICTING, conflict_files=3)).next
    assert one.why == "worked on 24 h ago, 5 commits that main lacks, 100 behind, would conflict in 3 files"
    (one,) = ranked(row(unsaved=2, conflict_files=9, conflict_growth=4, collisions=3)).next
    assert one.why == (
        "worked on 24 h ago, 5 commits that main lacks (2 of them nowhere else), 100 behind, "
        "would conflict in 9 files, 4 more than a week ago, collides with 3 other active branches"
    )
    assert ranked(row(conflict_files=9, conflict_growth=-2)).next[0].why.endswith("2 fewer than a week ago")
    assert ranked(row(state=BranchState.CLEAN)).next[0].why.endswith("merges cleanly")
    assert ranked(row(tip_time=None)).next[0].why.startswith("age unknown")


def test_only_what_is_merged_and_nobody_keeps_can_go() -> None:
    merged = [row(name, BranchState.MERGED) for name in ("main", "keep-this", "done")]
    others = row("open"), row("lost", BranchState.ORPHAN), row("scientific", BranchState.APART)
    found = ranked(*merged, *others)
    assert [one.branch for one in found.deletable] == ["done"]
    assert {one.row.branch: one.why for one in found.kept} == {
        "main": "is a primary",
        "keep-this": "is protected",
        "lost": "shares no history with main: merging it would bring in all of its own",
        "scientific": "is never to be merged with main",
    }


def test_each_branch_is_in_one_group() -> None:
    rows = [row(str(number), state) for number, state in enumerate(BranchState)]
    found = ranked(*rows)
    grouped = [*(one.row for one in found.next), *found.deletable, *(one.row for one in found.kept)]
    assert sorted(one.branch for one in grouped) == sorted(one.branch for one in rows)


def test_what_is_kept_here_is_kept_on_a_remote() -> None:
    names = ("origin/main", "origin/keep-this", "origin/done", "remotes/origin/keep-that")
    merged = [row(name, BranchState.MERGED, remote="origin") for name in names]
    assert [one.branch for one in ranked(*merged).deletable] == ["origin/done"]


def test_the_first_are_those_of_the_ranking() -> None:
    rows = [row(str(number), state, behind=number) for number, state in enumerate([*BranchState] * 4)]
    rows.append(rows[-1])
    for count in (0, 1, 5, 99):
        assert tuple(first(rows, NOW, count)) == ranked(*rows).next[:count]


def test_the_table_names_both() -> None:
    text = as_table(ranked(row("open"), row("done", BranchState.MERGED)), 10)
    assert text.splitlines()[0].split() == ["POINTS", "BRANCH", "TARGET", "STATE", "WHY"]
    assert text.endswith(
        "1 want aligning; 1 are merged and can be deleted; 0 need nothing and should be kept"
    )


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
