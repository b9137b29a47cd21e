"""What is reached by some and not by others, where objects are missing or are no commits."""

import time
from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.git.reach import ALL_REFS, Beyond, reach_beyond
from support.repositories import EPOCH, Commit, git, import_history, linear, new_repository


@pytest.fixture
def made(tmp_path: Path) -> Path:
    repository = new_repository(tmp_path / "made")
    git(repository, "config", "fastimport.unpackLimit", "1000")
    return repository


def remove(repository: Path, oid: str) -> None:
    (repository / ".git" / "objects" / oid[:2] / oid[2:]).unlink()


def test_what_two_share_counts_for_both_and_once_in_all(made: Path, git_runner: Git) -> None:
    ids = import_history(
        made,
        [*linear("m", 2), *linear("shared", 2, "m0"), Commit("a", ["shared1"]), Commit("b", ["shared1"])],
        {},
    )
    beyond = reach_beyond(git_runner, made, [ids["a"], ids["b"], ids["m0"]], [ids["m1"]], 10)
    assert beyond == Beyond({ids["a"]: 3, ids["b"]: 3, ids["m0"]: 0}, 4, EPOCH + 3 * 60)


def test_nothing_is_asked_and_nothing_is_found(made: Path, git_runner: Git) -> None:
    assert reach_beyond(git_runner, made, [], [], 10) == Beyond({}, 0, None)


def test_what_is_no_commit_is_not_counted(made: Path, git_runner: Git) -> None:
    ids = import_history(made, linear("m", 2), {"main": "m1"})
    blob = git(made, "hash-object", "-w", "--stdin", stdin=b"x")
    git(made, "tag", "-a", "-m", "x", "note", "main")
    tag = git(made, "rev-parse", "note")
    beyond = reach_beyond(git_runner, made, [ids["m1"], blob, tag, "1" * 40], [blob, "2" * 40], 10)
    assert beyond == Beyond({ids["m1"]: 2}, 2, EPOCH + 60)


def test_a_missing_commit_loses_only_those_who_need_it(made: Path, git_runner: Git) -> None:
    histories = [linear(f"t{number}-", 3, "m1") for number in range(9)]
    ids = import_history(made, [*linear("m", 2), *(one for history in histories for one in history)], {})
    remove(made, ids["t4-1"])
    remove(made, ids["t7-0"])
    tips = [ids[f"t{number}-2"] for number in range(9)]
    beyond = reach_beyond(git_runner, made, tips, [ids["m1"]], 10)
    assert beyond.counts == {tip: 3 for number, tip in enumerate(tips) if number not in (4, 7)}
    assert beyond.commits == 21
    assert "git rev-list ended with 128" in str(beyond.problem)


def test_an_object_that_is_damaged_is_as_good_as_missing(made: Path, git_runner: Git) -> None:
    ids = import_history(made, [*linear("m", 2), Commit("broken", ["m1"])], {})
    file = made / ".git" / "objects" / ids["broken"][:2] / ids["broken"][2:]
    file.chmod(0o644)
    file.write_bytes(b"")
    beyond = reach_beyond(git_runner, made, [ids["broken"], ids["m1"]], [], 10)
    assert beyond.counts == {ids["m1"]: 2}


def test_where_nothing_can_be_read_it_is_an_error(made: Path, git_runner: Git) -> None:
    ids = import_history(made, linear("m", 3), {})
    remove(made, ids["m1"])
    with pytest.raises(GitError, match="ended with 128"):
        reach_beyond(git_runner, made, [ids["m2"]], [], 10)


def test_when_time_is_up_it_is_an_error(made: Path, git_runner: Git) -> None:
    ids = import_history(made, linear("m", 3), {})

    class SlowGit(Git):
        """Knows objects, but walks no history in time."""

        def lines(self, *_: object, deadline: float, **__: object):  # type: ignore[no-untyped-def]
            time.sleep(deadline)
            raise GitError(f"did not end within {deadline:g} s", reason="timeout")

    with pytest.raises(GitError, match="did not end"):
        reach_beyond(SlowGit(), made, [ids["m1"], ids["m2"]], [], 0.2)


def test_every_ref_counts_and_every_work_tree_and_the_stash(
    made: Path, tmp_path: Path, git_runner: Git
) -> None:
    ids = import_history(
        made,
        [Commit("m"), *(Commit(name, ["m"]) for name in ("tagged", "noted", "detached", "lost"))],
        {"main": "m"},
    )
    git(made, "reset", "--hard", "--quiet")
    git(made, "tag", "-a", "-m", "x", "kept", ids["tagged"])
    git(made, "update-ref", "refs/tool/x", ids["noted"])
    git(made, "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"), ids["detached"])
    (made / "file-m").write_text("changed")
    git(made, "stash", "--quiet")
    stash = git(made, "rev-parse", "refs/stash")
    (made / ".git" / "refs" / "tags" / "broken").write_text("3" * 40 + "\n")
    beyond = reach_beyond(git_runner, made, [*ids.values(), stash], (), 10, ALL_REFS)
    assert {oid for oid, commits in beyond.counts.items() if commits} == {ids["lost"]}
