from collections import Counter
from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.settings import Families, Repository, Target
from alignwatch.snapshot import Branch, BranchState
from support.repositories import EPOCH, Commit, git, import_history, linear, new_repository


def by_name(probe: DivergenceProbe) -> dict[str, Branch]:
    return {branch.name: branch for branch in probe.read().branches}


def test_each_state_with_its_numbers(repository: Path, git_runner: Git) -> None:
    branches = by_name(DivergenceProbe(git_runner, Repository(path=str(repository)), 10))
    found = {name: (one.state, one.ahead, one.behind) for name, one in branches.items()}
    assert found == {
        "main": (BranchState.MERGED, 0, 0),
        "feature/merged": (BranchState.MERGED, 0, 1),
        "fix-aligned": (BranchState.ALIGNED, 1, 0),
        "feature/far": (BranchState.BEHIND, 2, 2),
        "orphan": (BranchState.ORPHAN, 1, 3),
    }
    far = branches["feature/far"]
    assert far.tip == git(repository, "rev-parse", "feature/far")
    assert far.tip_time == EPOCH + 60 * 5
    assert far.merge_base_time == EPOCH + 60
    assert branches["orphan"].merge_base_time is None


def test_targets_by_pattern_and_ignored_branches(repository: Path, git_runner: Git) -> None:
    settings = Repository(
        path=str(repository),
        primaries=("main", "feature/far"),
        targets=(Target(branches="feature/*", target="feature/far"), Target(branches="*", target="main")),
        ignore=("orph*",),
    )
    reading = DivergenceProbe(git_runner, settings, 10).read()
    assert {branch.name: branch.target for branch in reading.branches} == {
        "main": "main",
        "fix-aligned": "main",
        "feature/merged": "feature/far",
        "feature/far": "feature/far",
    }
    assert reading.ignored == 1


def test_a_missing_target_is_named_and_its_branches_are_unknown(repository: Path, git_runner: Git) -> None:
    settings = Repository(
        path=str(repository),
        primaries=("main", "gone"),
        targets=(Target(branches="feature/*", target="gone"),),
    )
    reading = DivergenceProbe(git_runner, settings, 10).read()
    assert reading.missing_targets == ("gone",)
    unknown = {branch.name for branch in reading.branches if branch.state is BranchState.UNKNOWN}
    assert unknown == {"feature/far", "feature/merged"}
    assert all(branch.ahead is None for branch in reading.branches if branch.name in unknown)


def test_nothing_is_walked_while_nothing_moves(repository: Path, git_runner: Git) -> None:
    probe = DivergenceProbe(git_runner, Repository(path=str(repository)), 10)
    assert probe.read() is probe.read()


def test_a_moved_and_a_deleted_branch_show_at_the_next_look(repository: Path, git_runner: Git) -> None:
    probe = DivergenceProbe(git_runner, Repository(path=str(repository)), 10)
    before = by_name(probe)
    git(repository, "branch", "-D", "orphan")
    git(repository, "update-ref", "refs/heads/feature/far", "main")
    after = by_name(probe)
    assert "orphan" in before
    assert "orphan" not in after
    assert (after["feature/far"].ahead, after["feature/far"].behind) == (0, 0)


def test_one_broken_history_hides_no_other(tmp_path: Path, git_runner: Git) -> None:
    made = new_repository(tmp_path / "r")
    git(made, "config", "fastimport.unpackLimit", "1000")
    ids = import_history(
        made,
        [*linear("m", 3), *linear("broken", 3, "m0"), *linear("sound", 2, "m1")],
        {"main": "m2", "broken": "broken2", "sound": "sound1"},
    )
    oid = ids["broken1"]
    (made / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    probe = DivergenceProbe(git_runner, Repository(path=str(made)), 10)
    branches = by_name(probe)
    assert branches["broken"].state is BranchState.UNKNOWN
    assert (branches["sound"].ahead, branches["sound"].behind) == (2, 1)
    assert probe.read().problem is not None


def test_what_time_did_not_suffice_for_is_unknown(repository: Path) -> None:
    class SlowGit(Git):
        """Lists branches, but walks no history in time."""

        def lines(self, *_: object, deadline: float, **__: object):  # type: ignore[no-untyped-def]
            raise GitError(f"did not end within {deadline:g} s", reason="timeout")

    reading = DivergenceProbe(SlowGit(), Repository(path=str(repository)), 0.01).read()
    assert {branch.state for branch in reading.branches} == {BranchState.UNKNOWN}
    assert "did not end" in (reading.problem or "")


def test_a_branch_that_points_to_no_commit_is_unknown(repository: Path, git_runner: Git) -> None:
    blob = git(repository, "hash-object", "-w", "--stdin", stdin=b"x")
    (repository / ".git" / "refs" / "heads" / "blob").write_text(blob + "\n")
    (repository / ".git" / "refs" / "heads" / "nowhere").write_text("1" * 40 + "\n")
    branches = by_name(DivergenceProbe(git_runner, Repository(path=str(repository)), 10))
    assert branches["blob"].state is BranchState.UNKNOWN
    assert branches["nowhere"].state is BranchState.UNKNOWN
    assert branches["feature/far"].ahead == 2


def test_states_add_up_and_families_are_bounded(tmp_path: Path, git_runner: Git) -> None:
    made = new_repository(tmp_path / "many")
    names = [f"fam{number % 30}-{number}" for number in range(90)]
    import_history(made, linear("m", 1), {"main": "m0", **dict.fromkeys(names, "m0")})
    settings = Repository(path=str(made), families=Families(names=("rare",), limit=5))
    reading = DivergenceProbe(git_runner, settings, 10).read()
    families = Counter(branch.family for branch in reading.branches)
    assert sum(families.values()) == 91
    assert set(families) == {"fam0", "fam1", "fam10", "fam11", "fam12", "other"}


def test_a_vanished_repository_is_an_error(tmp_path: Path, git_runner: Git) -> None:
    with pytest.raises(GitError):
        DivergenceProbe(git_runner, Repository(path=str(tmp_path / "gone")), 10).read()


def test_a_history_with_merges_only(tmp_path: Path, git_runner: Git) -> None:
    made = new_repository(tmp_path / "r")
    import_history(
        made,
        [Commit("a"), Commit("b", ["a"]), Commit("c", ["a"]), Commit("m", ["b", "c"])],
        {"main": "m", "topic": "c"},
    )
    topic = by_name(DivergenceProbe(git_runner, Repository(path=str(made)), 10))["topic"]
    assert (topic.state, topic.ahead, topic.behind) == (BranchState.MERGED, 0, 2)
