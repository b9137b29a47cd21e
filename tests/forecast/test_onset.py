"""Since which commit of its target a branch conflicts, against every commit tried by git alone."""

import random
from pathlib import Path
from types import SimpleNamespace

import pytest

from alignwatch.forecast import onset
from alignwatch.forecast.onset import Course, course_of, first_parents
from alignwatch.git.command import Git, GitError
from alignwatch.git.shadow import Shadow
from support.fake_git import MergeTrees, fake_git
from support.merges import conflicting_files, throw_away_clone
from support.repositories import Commit, everything_in, git, import_history, new_repository

SECONDS = 60.0


def made(tmp_path: Path, contents: list[str]) -> tuple[Path, str, str]:
    """``topic`` changes a file, and the target gives it these contents one after the other."""
    repository = new_repository(tmp_path / "app")
    history = [Commit("base", files={"a": "0\n", "b": "0\n"}), Commit("topic", ["base"], {"a": "topic\n"})]
    for number, content in enumerate(contents):
        parent = f"m{number - 1}" if number else "base"
        history.append(Commit(f"m{number}", [parent], {"a": f"{content}\n", "b": f"{number}\n"}))
    ids = import_history(repository, history, {"main": f"m{len(contents) - 1}", "topic": "topic"})
    return repository, ids["topic"], ids[f"m{len(contents) - 1}"]


def course(repository: Path, runner: Git, tip: str, target: str, seconds: float = SECONDS) -> Course:
    commits = first_parents(runner, repository, target, tip, SECONDS)
    with Shadow(repository.parent / "cache", repository).opened(tip) as shadow:
        return course_of(runner, shadow, tip, commits, seconds)


@pytest.mark.parametrize(
    ("contents", "place", "last_clean", "turns"),
    [
        (["0", "0", "0", "x", "x", "y", "y"], 3, 2, 1),
        (["x"], 0, -1, 1),
        (["x", "x", "x"], 0, -1, 1),
        (["0", "x", "0", "0", "x", "x", "x", "x"], 4, 3, 3),
        (["x", "0", "x", "0", "x", "0", "x", "0", "x"], 8, 7, 9),
    ],
)
def test_the_first_commit_of_those_that_conflict_to_this_day(
    tmp_path: Path, git_runner: Git, contents: list[str], place: int, last_clean: int, turns: int
) -> None:
    found = course(*_with(git_runner, made(tmp_path, contents)))
    assert (found.onset, found.last_clean, len(found.turns)) == (place, last_clean, turns)
    assert (found.certain, found.complete) == (True, True)
    assert found.onset_of(b"a") == place
    assert found.onset_of(b"b") is None


def _with(runner: Git, about: tuple[Path, str, str]) -> tuple[Path, Git, str, str]:
    repository, tip, target = about
    return repository, runner, tip, target


def test_where_the_newest_is_clean_nothing_more_is_tried(tmp_path: Path, git_runner: Git) -> None:
    found = course(*_with(git_runner, made(tmp_path, ["x", "x", "0"])))
    assert (found.onset, found.last_clean, len(found.found), found.turns) == (None, 2, 1, ())


def test_few_trials_are_needed_and_what_was_not_tried_is_said(
    tmp_path: Path, git_runner: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onset, "MOST_TRIALS", 8)
    about = made(tmp_path, ["0"] * 40 + ["x"] * 24)
    before = everything_in(about[0])
    found = course(*_with(git_runner, about))
    assert (found.onset, found.last_clean) == (40, 39)
    assert (len(found.found), found.complete, found.certain) == (8, False, False)
    assert everything_in(about[0]) == before


@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_with_every_commit_tried_alone(tmp_path: Path, git_runner: Git, seed: int) -> None:
    chance = random.Random(seed)
    about = made(tmp_path, [chance.choice(("0", "0", "x", "topic", "y")) for _ in range(12)] + ["x"])
    repository, tip, target = about
    clone = throw_away_clone(repository, tmp_path / "clone")
    commits = git(repository, "rev-list", "--first-parent", "--reverse", target, f"^{tip}").split()
    verdicts = [conflicting_files(clone, tip, one) for one in commits]
    found = course(repository, git_runner, tip, target)
    assert [found.found[place].clean for place in range(len(commits))] == [one and one[0] for one in verdicts]
    last = max((place for place, one in enumerate(verdicts) if one and one[0]), default=-1)
    assert (found.onset, found.last_clean) == (last + 1, last)


def test_a_merge_that_crashes_git_is_passed_over(tmp_path: Path) -> None:
    about = made(tmp_path, ["0", "0", "0", "x", "x", "x"])
    repository, tip, target = about
    commits = git(repository, "rev-list", "--first-parent", "--reverse", target, f"^{tip}").split()
    (tmp_path / "fake").mkdir()
    merges = MergeTrees(tmp_path / "fake")
    merges.blame(commits[2])
    found = course(repository, merges.git("kill -ABRT $$"), tip, target)
    assert (found.onset, found.last_clean, found.complete, found.certain) == (3, 1, False, False)
    merges.blame(commits[5])
    with pytest.raises(GitError, match="ended with"):
        course(repository, merges.git("kill -ABRT $$"), tip, target)


def test_time_is_up_before_anything_is_known(tmp_path: Path) -> None:
    hanging = fake_git(tmp_path, 'case "$*" in *merge-tree*) sleep 600;; *) exec git "$@";; esac')
    with pytest.raises(GitError, match="did not end within"):
        course(*_with(hanging, made(tmp_path, ["x"])), seconds=0.3)


def test_time_is_up_after_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = made(tmp_path, ["0", "x", "x"])
    mark = tmp_path / "asked"
    once = fake_git(
        tmp_path,
        f'case "$*" in *merge-tree*) [ -e {mark} ] && sleep 600; touch {mark};; esac; exec git "$@"',
    )
    # Time passes in the first merge only, and leaves 0.3 s for the second, however busy this machine is.
    clock = SimpleNamespace(monotonic=lambda: SECONDS - 0.3 if mark.exists() else 0.0)
    monkeypatch.setattr(onset, "time", clock)
    found = course(*_with(once, about))
    assert (found.onset, found.certain, len(found.found)) == (2, False, 1)
