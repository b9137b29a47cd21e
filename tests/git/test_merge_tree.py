"""Many merges in one run against git's own answer for each."""

import itertools
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignwatch.git.command import Git, GitError
from alignwatch.git.merge_tree import Merge, Merges, parse, try_merges
from alignwatch.git.revisions import walk
from alignwatch.snapshot import Verdict
from support.fake_git import counting_from, fake_git
from support.merges import random_history, reference, throw_away_clone
from support.repositories import ENVIRONMENT, Commit, git, import_history, new_repository

TREE = b"1" * 40
ABC = "a\nb\nc\n"


@pytest.fixture
def clone(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A repository that may be written to: main, a clean branch, two that conflict, an orphan."""
    made = new_repository(tmp_path / "merges", bare=True)
    ids = import_history(
        made,
        [
            Commit("base", files={"f": ABC, "g": ABC}),
            Commit("main", ["base"], {"f": "a\nM\nc\n", "g": "a\nM\nc\n"}),
            Commit("clean", ["base"], {"h": ABC}),
            Commit("one", ["base"], {"f": "a\nX\nc\n"}),
            Commit("two", ["base"], {"f": "a\nX\nc\n", "g": "a\nX\nc\n"}),
            Commit("orphan", files={"o": ABC}),
            Commit("stranger", files={"f": "other\n"}),
        ],
        {"main": "main"},
    )
    return made, ids


def pairs(ids: dict[str, str], *branches: str) -> list[tuple[str, str]]:
    return [(ids.get(branch, branch), ids["main"]) for branch in branches]


def blob(made: Path, content: str) -> bytes:
    return git(made, "hash-object", "--stdin", stdin=content.encode()).encode()


def verdicts(merges: Merges) -> tuple[Verdict, ...]:
    return tuple(merge.verdict for merge in merges.found)


def test_one_run_for_many(clone: tuple[Path, dict[str, str]], git_runner: Git) -> None:
    made, ids = clone
    found = try_merges(git_runner, made, pairs(ids, "clean", "one", "two"), 10)
    assert found.error is None
    ours, theirs = blob(made, "a\nX\nc\n"), blob(made, "a\nM\nc\n")
    assert found.found == (
        Merge(True, {}),
        Merge(False, {b"f": (ours, theirs)}),
        Merge(False, {b"f": (ours, theirs), b"g": (ours, theirs)}),
    )
    assert found.found[2].verdict == Verdict(False, 2)


def test_histories_without_a_common_ancestor_are_merged_all_the_same(
    clone: tuple[Path, dict[str, str]], git_runner: Git
) -> None:
    made, ids = clone
    assert verdicts(try_merges(git_runner, made, pairs(ids, "orphan", "stranger"), 10)) == (
        Verdict(True, 0),
        Verdict(False, 1),
    )


@pytest.mark.parametrize(("bad", "code"), [("2" * 40, 1), ("--help", 1)])
def test_what_was_found_before_a_failure_counts(
    clone: tuple[Path, dict[str, str]], git_runner: Git, bad: str, code: int
) -> None:
    made, ids = clone
    found = try_merges(git_runner, made, pairs(ids, "one", bad, "clean"), 10)
    assert verdicts(found) == (Verdict(False, 1),)
    assert found.error is not None
    assert found.error.exit_code_of_git == code
    assert not found.killed


def test_a_crash_may_have_swallowed_answers(clone: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    made, ids = clone
    found = try_merges(fake_git(tmp_path, "kill -ABRT $$"), made, pairs(ids, "one", "two"), 10)
    assert (found.found, found.killed) == ((), True)


def test_a_git_that_hangs_is_killed(
    clone: tuple[Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, ids = clone
    mark = tmp_path / "mark"
    counting_from(mark, monkeypatch)
    said = f"printf '1\\0%s\\0\\0' {TREE.decode()}; printf '0\\0%s' {TREE.decode()}"
    hanging = fake_git(tmp_path, f"{said}; : > {mark}; sleep 600")
    found = try_merges(hanging, made, pairs(ids, "clean", "two"), 0.3)
    assert (found.found, found.killed) == ((Merge(True, {}),), True)


def test_a_git_that_is_too_old_says_so(clone: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    made, ids = clone
    with pytest.raises(GitError, match=r"needs git 2\.39"):
        try_merges(fake_git(tmp_path, "exit 129"), made, pairs(ids, "one"), 10)


def test_no_git_is_nobodys_fault(clone: tuple[Path, dict[str, str]]) -> None:
    made, ids = clone
    with pytest.raises(GitError, match="install git"):
        try_merges(Git("no-such-git", ENVIRONMENT), made, pairs(ids, "one"), 10)


ONE, OTHER = b"a" * 40, b"b" * 40


def entry(stage: int, path: bytes, object_id: bytes = ONE) -> bytes:
    return b"100644 %s %d\t%s" % (object_id, stage, path)


def test_paths_are_taken_as_they_are_and_told_with_what_either_side_has() -> None:
    odd = [entry(1, b"new\nline"), entry(2, b"new\nline", OTHER), entry(3, b"a\tb")]
    said = [b"0", TREE, *odd, b"", b"1", TREE, b""]
    merge = Merge(False, {b"new\nline": (None, OTHER), b"a\tb": (ONE, None)})
    assert list(parse(said)) == [merge, Merge(True, {})]


@pytest.mark.parametrize(
    "cut", [[], [b"1"], [b"1", TREE], [b"0", TREE, entry(1, b"path")], [b"0", TREE[:7], b"100"]], ids=len
)
def test_an_answer_cut_short_is_none(cut: list[bytes]) -> None:
    assert list(parse([b"1", TREE, b"", *cut])) == [Merge(True, {})]


@pytest.mark.parametrize(
    "said", [[b"2", TREE, b""], [b"1", b"merge-tree: no", b""], [b"0", TREE, b"100644 1 1 path", b""]]
)
def test_nonsense_is_an_error(said: list[bytes]) -> None:
    with pytest.raises(GitError, match="git merge-tree said"):
        list(parse(said))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_every_merge_of_a_random_history_agrees_with_git(
    chance: random.Random, tmp_path_factory: pytest.TempPathFactory, git_runner: Git
) -> None:
    folder = tmp_path_factory.mktemp("random")
    repository = new_repository(folder / "r", bare=True)
    history = random_history(chance, 8)
    ids = import_history(repository, history, {commit.name: commit.name for commit in history})
    tips = list(dict.fromkeys(ids.values()))[-4:]
    drifts = walk(git_runner, repository, itertools.permutations(tips, 2), 30).drifts
    asked = [pair for pair, drift in drifts.items() if drift.merge_bases]
    clone = throw_away_clone(repository, folder / "clone")
    found = try_merges(git_runner, clone, asked, 60)
    # git 2.39 crashes on some renames.
    assert found.error is None or found.killed
    for pair, merge in zip(asked, found.found, strict=False):
        assert merge.verdict == reference(clone, *pair)
