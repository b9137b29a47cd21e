from dataclasses import replace
from pathlib import Path

import pytest

from alignwatch.forecast.contenders import Contender, contenders_of, matches_of, own_changes, pair_of
from alignwatch.git.command import Git, GitError
from alignwatch.git.revisions import Drift
from alignwatch.settings import BranchSeries, Repository
from alignwatch.snapshot import Branch, BranchState, DivergenceReading
from support.fake_git import fake_git
from support.readings import NOW, branch
from support.repositories import Commit, git, import_history, new_repository

SETTINGS = Repository(path="/srv/app", primaries=("main", "next"), branch_series=BranchSeries(active_days=1))


def landing(name: str, age: float = 60.0, **changes: str | BranchState | None) -> Branch:
    made = replace(branch(name, BranchState.BEHIND, 1, 1, age=age), tip=f"tip of {name}")
    return replace(made, **changes)  # type: ignore[arg-type]


def chosen(*branches: Branch, limit: int = 10) -> list[str]:
    return list(contenders_of(DivergenceReading(branches, 0, {"main": "m"}), {}, SETTINGS, limit, NOW))


def test_the_most_recently_active_come_first_and_no_more_than_asked_for() -> None:
    branches = [landing("b", 30), landing("a", 30), landing("young", 10), landing("old", 86401)]
    assert chosen(*branches) == ["young", "a", "b"]
    assert chosen(*branches, limit=2) == ["young", "a"]
    assert chosen(*branches, limit=0) == []


def test_only_what_may_land() -> None:
    states = [landing(state, state=state) for state in BranchState]
    assert set(chosen(*states)) == {"aligned", "behind", "clean", "conflicting"}
    assert chosen(landing("next"), landing("main")) == []


def test_a_remotes_branch_counts_where_it_is_not_ours_too() -> None:
    remote = [landing(f"origin/{name}", remote="origin") for name in ("ours", "theirs", "main")]
    assert set(chosen(landing("ours"), *remote)) == {"ours", "origin/theirs"}


def test_what_is_known_of_where_it_left_its_target() -> None:
    reading = DivergenceReading((landing("a"),), 0, {"main": "m"})
    drifts = {("tip of a", "m"): Drift(1, 1, ("2", "1"), None)}
    assert contenders_of(reading, drifts, SETTINGS, 9, NOW) == {
        "a": Contender("tip of a", "main", ("1", "2"))
    }


def test_pairs_land_in_one_place_and_are_in_one_order() -> None:
    a, b, other = Contender("a", "main", ()), Contender("b", "main", ()), Contender("c", "next", ())
    assert pair_of(a, b) == pair_of(b, a) == ("a", "b")
    assert pair_of(a, other) is None
    assert pair_of(a, Contender("a", "main", ("x",))) is None


def test_the_youngest_are_done_with_each_other_first() -> None:
    named = {name: Contender(name, "main", ()) for name in "dcba"}
    named["twin"] = named["d"]
    assert list(matches_of(named)) == [("c", "d"), ("b", "d"), ("b", "c"), ("a", "d"), ("a", "c"), ("a", "b")]
    assert matches_of(named)["b", "d"] == (named["b"], named["d"])


@pytest.fixture
def criss_cross(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A branch and ``main`` that have merged each other, and one whose folder is lost."""
    made = new_repository(tmp_path / "r", bare=True)
    git(made, "config", "fastimport.unpackLimit", "1000")
    history = [
        Commit("base", files={"a": "1", "b": "1", "c": "1"}),
        Commit("m", ["base"], {"a": "2"}),
        Commit("f", ["base"], {"b": "2"}),
        Commit("main", ["m", "f"], {"b": "2"}),
        Commit("feature", ["f", "m"], {"a": "2", "c": "2"}),
        Commit("broken", ["base"], {"d/e": "1"}),
        Commit("sound", ["base"], {"z": "1"}),
    ]
    ids = import_history(made, history, {one.name: one.name for one in history})
    folder = git(made, "rev-parse", "broken:d")
    (made / "objects" / folder[:2] / folder[2:]).unlink()
    return made, ids


def test_a_branchs_own_is_what_differs_from_all_its_merge_bases(
    criss_cross: tuple[Path, dict[str, str]], git_runner: Git
) -> None:
    made, ids = criss_cross
    feature = Contender(ids["feature"], "main", (ids["f"], ids["m"]))
    assert own_changes(git_runner, made, [feature], 10)[feature].changed == {b"c"}


def test_what_cannot_be_read_loses_no_other(
    criss_cross: tuple[Path, dict[str, str]], git_runner: Git
) -> None:
    made, ids = criss_cross
    gone = Contender("1" * 40, "main", (ids["base"],))
    broken, sound = (Contender(ids[name], "main", (ids["base"],)) for name in ("broken", "sound"))
    found = own_changes(git_runner, made, [gone, broken, sound, sound], 10)
    assert {one: changes.changed for one, changes in found.items()} == {sound: {b"z"}}
    assert own_changes(git_runner, made, [broken], 10) == {}


def test_a_git_that_hangs_is_given_up(criss_cross: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    made, ids = criss_cross
    hanging = fake_git(tmp_path, 'case "$*" in *diff-tree*) sleep 600;; *) exec git "$@";; esac')
    with pytest.raises(GitError, match="did not end within"):
        own_changes(hanging, made, [Contender(ids["sound"], "main", (ids["base"],))], 0.3)
