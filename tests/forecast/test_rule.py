"""The rule of changed paths never saves a verdict that another merge would not give."""

import itertools
import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignwatch.forecast.planner import bases_of
from alignwatch.forecast.rule import Move, TargetMove, holds, still_hold
from alignwatch.git.changes import Changes
from alignwatch.git.command import Git, GitError
from alignwatch.git.merge_tree import try_merges
from alignwatch.git.revisions import walk
from alignwatch.snapshot import Verdict
from support.fake_git import fake_git
from support.merges import random_history, throw_away_clone
from support.repositories import Commit, git, import_history, new_repository

TEXT = "".join(f"line {number}\n" for number in range(12))
BASE = {"a": TEXT, "b": "b\n", "d/1": "1\n" + TEXT, "d/2": "2\n" + TEXT, "q": "q\n"}
Files = Mapping[str, str]


def judge(folder: Path, runner: Git, old: Files, new: Files, branch: Files) -> tuple[bool, bool]:
    """Whether the rule says that the verdict holds, and whether it is really the same.

    Args:
        folder: for the repository.
        runner: runs git.
        old: all files of the target before it moved; those at the merge base are ``BASE``.
        new: after it moved.
        branch: of the branch.
    """
    made = new_repository(folder / "r", bare=True)
    ids = import_history(
        made,
        [
            Commit("base", files=BASE, whole=True),
            Commit("old", ["base"], old, whole=True),
            Commit("new", ["old"], new, whole=True),
            Commit("branch", ["base"], branch, whole=True),
        ],
        {"main": "new", "branch": "branch"},
    )
    move = Move(ids["old"], ids["new"], (ids["base"],), ids["branch"])
    ((_, found),) = still_hold(runner, made, [move], 10)
    tried = try_merges(runner, made, [(ids["branch"], ids["old"]), (ids["branch"], ids["new"])], 10)
    before, after = (merge.verdict for merge in tried.found)
    return found, before == after


EDITED = TEXT.replace("line 3\n", "edited\n")
SAVED = {
    "another file was edited": (BASE, {**BASE, "b": "B\n"}, {**BASE, "a": EDITED}),
    "a file was added elsewhere": (BASE, {**BASE, "e/new": "n\n"}, {**BASE, "a": EDITED}),
    "a file was removed elsewhere": (BASE, {**BASE, "b": "B\n", "q": "Q\n"}, {**BASE, "d/1": "1\n"}),
    "the branch moved a file, another was edited": (
        BASE,
        {**BASE, "b": "B\n"},
        {"e/1" if path == "d/1" else path: text for path, text in BASE.items()},
    ),
    "still the same conflict": ({**BASE, "a": "x\n"}, {**BASE, "a": "x\n", "b": "B\n"}, {**BASE, "a": "y\n"}),
}
REFUSED = {
    "both edited one file": (BASE, {**BASE, "a": "A\n"}, {**BASE, "a": EDITED}),
    "a renamed file that the branch edits was edited beyond recognition": (
        {**{path: text for path, text in BASE.items() if path != "a"}, "x": TEXT},
        {**{path: text for path, text in BASE.items() if path != "a"}, "x": "another\n"},
        {**BASE, "a": EDITED},
    ),
    "a file was added to a folder that the branch renamed": (
        BASE,
        {**BASE, "d/new": "n\n"},
        {path.replace("d/", "e/"): text for path, text in BASE.items()},
    ),
    "a folder was renamed to which the branch adds": (
        BASE,
        {path.replace("d/", "e/"): text for path, text in BASE.items()},
        {**BASE, "d/new": "n\n"},
    ),
    "a renamed folder to which the branch adds was filled again": (
        {path.replace("d/", "e/"): text for path, text in BASE.items()},
        {**{path.replace("d/", "e/"): text for path, text in BASE.items()}, "d/3": "3\n"},
        {**BASE, "d/new": "n\n"},
    ),
    "a folder where the branch has a file": (BASE, {**BASE, "n/x": "n\n"}, {**BASE, "n": "N\n"}),
    "a file where the branch has a folder": (BASE, {**BASE, "n": "n\n"}, {**BASE, "n/x": "N\n"}),
}


@pytest.mark.parametrize(("old", "new", "branch"), SAVED.values(), ids=SAVED)
def test_saved(tmp_path: Path, git_runner: Git, old: Files, new: Files, branch: Files) -> None:
    assert judge(tmp_path, git_runner, old, new, branch) == (True, True)


@pytest.mark.parametrize(("old", "new", "branch"), REFUSED.values(), ids=REFUSED)
def test_refused_because_the_verdict_changes(
    tmp_path: Path, git_runner: Git, old: Files, new: Files, branch: Files
) -> None:
    assert judge(tmp_path, git_runner, old, new, branch) == (False, False)


def test_with_several_merge_bases_only_edits_of_old_files_are_judged() -> None:
    edited, added = Changes(changed={b"x"}), Changes(changed={b"x"}, added={b"x"})
    side = Changes(changed={b"a"})
    assert holds(TargetMove(edited, side, merge_bases=2), side)
    assert not holds(TargetMove(added, side, merge_bases=2), side)
    assert holds(TargetMove(added, side, merge_bases=1), side)


def test_what_cannot_be_compared_does_not_hold(repository: Path, git_runner: Git) -> None:
    tip, target, base = (git(repository, "rev-parse", name) for name in ("feature/far", "main", "main~2"))
    moves = [Move("1" * 40, target, (base,), tip), Move(target, target, (base,), tip)]
    assert dict(still_hold(git_runner, repository, moves, 10)) == {moves[0]: False, moves[1]: True}


def test_a_damaged_tree_loses_only_its_own(tmp_path: Path, git_runner: Git) -> None:
    made = new_repository(tmp_path / "r", bare=True)
    git(made, "config", "fastimport.unpackLimit", "1000")
    ids = import_history(
        made,
        [
            Commit("one", files={"a": "1", "d/x": "x"}),
            Commit("old", ["one"], {"b": "1"}),
            Commit("new", ["old"], {"b": "2"}),
            Commit("broken", ["one"], {"e/f": "1"}),
            Commit("two", ["old"], {"t": "2"}),
            Commit("sound", ["two"], {"c": "1"}),
        ],
        {"main": "new", "broken": "broken", "sound": "sound"},
    )
    folder = git(made, "rev-parse", "broken:e")
    (made / "objects" / folder[:2] / folder[2:]).unlink()
    moves = [
        Move(ids["old"], ids["new"], (ids["one"],), ids["broken"]),
        Move(ids["old"], ids["new"], (ids["old"],), ids["sound"]),
    ]
    found = {move.tip: held for move, held in still_hold(git_runner, made, moves, 10)}
    assert found == {ids["broken"]: False, ids["sound"]: True}


def test_a_git_that_hangs_is_given_up(repository: Path, tmp_path: Path) -> None:
    hanging = fake_git(tmp_path, 'case "$*" in *diff-tree*) sleep 600;; *) exec git "$@";; esac')
    tip, target = (git(repository, "rev-parse", name) for name in ("feature/far", "main"))
    with pytest.raises(GitError, match="did not end within"):
        list(still_hold(hanging, repository, [Move(target, target, (target,), tip)], 0.5))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_a_verdict_that_was_saved_is_what_another_merge_gives(
    chance: random.Random, tmp_path_factory: pytest.TempPathFactory, git_runner: Git
) -> None:
    folder = tmp_path_factory.mktemp("random")
    made = new_repository(folder / "r", bare=True)
    history = random_history(chance, 10)
    ids = import_history(made, history, {commit.name: commit.name for commit in history})
    commits = list(dict.fromkeys(ids.values()))
    drifts = walk(git_runner, made, itertools.permutations(commits, 2), 30).drifts
    asked = [pair for pair, drift in drifts.items() if drift.ahead and drift.behind and drift.merge_bases]
    clone = throw_away_clone(made, folder / "clone")
    tried = try_merges(git_runner, clone, asked, 60)
    verdicts: dict[tuple[str, str], Verdict] = {
        pair: merge.verdict for pair, merge in zip(asked, tried.found, strict=False)
    }
    moves = [
        Move(old, new, bases_of(drifts[tip, new]), tip)
        for tip, old in verdicts
        for new in commits
        if (tip, new) in verdicts and bases_of(drifts[tip, old]) == bases_of(drifts[tip, new])
    ]
    for move, found in still_hold(git_runner, made, moves, 60):
        assert not found or verdicts[move.tip, move.old_target] == verdicts[move.tip, move.new_target]
