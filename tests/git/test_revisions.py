"""The one walk, and the look at a single pair, against git's own answer for each pair."""

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from alignwatch.git.command import Git, GitError
from alignwatch.git.refs import read_branches
from alignwatch.git.revisions import Drift, compare, walk
from support.drifts import assert_same, reference
from support.graphs import histories
from support.repositories import Commit, git, import_history, linear, new_repository


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commits=histories())
def test_every_pair_of_a_random_history_agrees_with_git(
    commits: list[Commit], tmp_path_factory: pytest.TempPathFactory, git_runner: Git
) -> None:
    repository = new_repository(tmp_path_factory.mktemp("random"), bare=True)
    branches = {f"b{commit.name}": commit.name for commit in commits[-4:]}
    import_history(repository, commits, branches)
    tips = [ref.oid for ref in read_branches(git_runner, repository, 10).branches]
    pairs = list(itertools.product(tips, tips))
    measured = walk(git_runner, repository, pairs, 30)
    for pair in pairs:
        expected = reference(repository, *pair)
        assert_same(measured.drifts[pair], expected)
        assert_same(compare(git_runner, repository, pair, 30), expected)


def test_criss_cross_merges_have_two_bases(tmp_path: Path, git_runner: Git) -> None:
    made = new_repository(tmp_path / "criss")
    ids = import_history(
        made,
        [
            Commit("root"),
            Commit("a", ["root"]),
            Commit("b", ["root"]),
            Commit("x", ["a", "b"]),
            Commit("y", ["b", "a"]),
        ],
        {"main": "x", "other": "y"},
    )
    drift = walk(git_runner, made, [(ids["y"], ids["x"])], 10).drifts[ids["y"], ids["x"]]
    assert set(drift.merge_bases) == {ids["a"], ids["b"]}
    assert (drift.ahead, drift.behind) == (1, 1)


def test_unrelated_histories_have_no_base(repository: Path, git_runner: Git) -> None:
    tip, target = git(repository, "rev-parse", "orphan", "main").split()
    drift = walk(git_runner, repository, [(tip, target)], 10).drifts[tip, target]
    assert drift == Drift(1, 3, (), None)


def test_a_missing_tip_is_left_out_and_the_others_are_measured(repository: Path, git_runner: Git) -> None:
    tip, target = git(repository, "rev-parse", "feature/far", "main").split()
    missing = "1" * 40
    measured = walk(git_runner, repository, [(missing, target), (tip, target), (tip, missing)], 10)
    assert set(measured.drifts) == {(tip, target)}
    for pair in ((missing, target), (tip, missing), (missing, missing)):
        with pytest.raises(GitError):
            compare(git_runner, repository, pair, 10)


def test_a_missing_parent_is_an_error(tmp_path: Path, git_runner: Git) -> None:
    made = new_repository(tmp_path / "r")
    git(made, "config", "fastimport.unpackLimit", "1000")
    ids = import_history(made, linear("m", 3), {"main": "m2"})
    oid = ids["m1"]
    (made / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(GitError):
        walk(git_runner, made, [(ids["m2"], ids["m2"])], 10)


def test_no_pairs_no_git(tmp_path: Path) -> None:
    assert walk(Git("no-such-git"), tmp_path, [], 1).drifts == {}


def test_thousands_of_branches_that_leave_one_line(tmp_path: Path, git_runner: Git) -> None:
    made = new_repository(tmp_path / "r", bare=True)
    length = 3000
    history = [*linear("m", length), *(Commit(f"b{number}", [f"m{number}"]) for number in range(length))]
    ids = import_history(made, history, {"main": "m0"}, empty=True)
    target = ids[f"m{length - 1}"]
    measured = walk(git_runner, made, [(ids[f"b{number}"], target) for number in range(length)], 60)
    assert measured.commits == 2 * length
    for number in range(length):
        drift = measured.drifts[ids[f"b{number}"], target]
        assert (drift.ahead, drift.behind) == (1, length - 1 - number)
        assert drift.merge_bases == (ids[f"m{number}"],)
