from pathlib import Path

import pytest

from alignwatch.forecast.contenders import Contender
from alignwatch.forecast.on_demand import collisions_of, conflicts_with_target
from alignwatch.git.command import Git, GitError
from alignwatch.git.shadow import Shadow, ShadowInUseError
from alignwatch.state_dir import name_in_cache
from support.fake_git import MergeTrees, fake_git
from support.repositories import Commit, everything_in, import_history, new_repository


@pytest.fixture
def watched(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """``main``, and branches of which two conflict with the first in one file each, and one is clean."""
    made = new_repository(tmp_path / "app")
    history = [
        Commit("base", files={"a": "1\n", "b": "1\n"}),
        Commit("main", ["base"], {"a": "main\n"}),
        Commit("one", ["base"], {"a": "one\n", "b": "one\n"}),
        Commit("two", ["base"], {"a": "two\n"}),
        Commit("three", ["base"], {"b": "three\n"}),
        Commit("clean", ["base"], {"c": "c\n"}),
    ]
    return made, import_history(made, history, {one.name: one.name for one in history})


def contenders(ids: dict[str, str], *names: str) -> dict[str, Contender]:
    return {name: Contender(ids[name], "main", (ids["base"],)) for name in names}


def test_the_files_that_conflict_with_the_target(
    watched: tuple[Path, dict[str, str]], tmp_path: Path, git_runner: Git
) -> None:
    made, ids = watched
    before = everything_in(made)
    found = {
        name: conflicts_with_target(git_runner, made, tmp_path / "cache", ids[name], ids["main"], 10)
        for name in ("one", "clean")
    }
    assert found == {"one": (b"a",), "clean": ()}
    assert everything_in(made) == before
    with pytest.raises(GitError, match="not something we can merge"):
        conflicts_with_target(git_runner, made, tmp_path / "cache", "1" * 40, ids["main"], 10)


def test_the_files_that_collide_with_each_other_branch(
    watched: tuple[Path, dict[str, str]], tmp_path: Path, git_runner: Git
) -> None:
    made, ids = watched
    before = everything_in(made)
    one, others = contenders(ids, "one")["one"], contenders(ids, "two", "clean", "one", "three")
    found = dict(collisions_of(git_runner, made, tmp_path / "cache", one, others, 10))
    assert found == {"two": (b"a",), "three": (b"b",)}
    assert everything_in(made) == before


def test_one_that_cannot_be_tried_hides_no_other(
    watched: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    made, ids = watched
    (tmp_path / "fake").mkdir()
    merges = MergeTrees(tmp_path / "fake")
    merges.blame(ids["two"])
    others = {**contenders(ids, "two", "three"), "gone": Contender("1" * 40, "main", (ids["base"],))}
    one = contenders(ids, "one")["one"]
    found = dict(collisions_of(merges.git("kill -ABRT $$"), made, tmp_path / "cache", one, others, 10))
    assert found.pop("three") == (b"b",)
    assert "git merge-tree ended with" in str(found["two"])
    assert "cannot be read" in str(found["gone"])


def test_time_is_up_for_all_of_them(watched: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    made, ids = watched
    hanging = fake_git(tmp_path, 'case "$*" in *merge-tree*) sleep 600;; *) exec git "$@";; esac')
    one, others = contenders(ids, "one")["one"], contenders(ids, "two", "three")
    with pytest.raises(GitError, match="did not end within"):
        dict(collisions_of(hanging, made, tmp_path / "cache", one, others, 0.5))


def test_two_who_ask_at_once(watched: tuple[Path, dict[str, str]], tmp_path: Path, git_runner: Git) -> None:
    made, ids = watched
    cache = tmp_path / "cache"
    shadow = Shadow(cache / name_in_cache("on-demand", made), made)
    with shadow.opened("1" * 40), pytest.raises(ShadowInUseError, match="try again later"):
        conflicts_with_target(git_runner, made, cache, ids["one"], ids["main"], 10)
