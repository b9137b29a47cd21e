from collections import Counter
from pathlib import Path

import pytest

from alignwatch.branches import rows_of
from alignwatch.git.command import Git, GitError
from alignwatch.probes import divergence
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.settings import Families, Repository, Target
from alignwatch.snapshot import Author, Branch, BranchState, NeverMerge
from support.fake_git import fake_git
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


def test_what_time_did_not_suffice_for_is_unknown(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Listing the branches must succeed, and has all of the 30 s; measuring has 0.3.
    monkeypatch.setattr(divergence, "_SHARE", 0.01)
    slow = fake_git(tmp_path, 'case "$*" in *topo-order*) sleep 60;; esac\nexec git "$@"')
    reading = DivergenceProbe(slow, Repository(path=str(repository)), 30).read()
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


def never_merged(repository: Path, **more: object) -> Repository:
    """main and scientific, which is ahead and behind."""
    git(repository, "branch", "scientific", "feature/far")
    values = {"primaries": ("main", "scientific"), "never_merge": (("main", "scientific"),), **more}
    return Repository(path=str(repository), **values)  # type: ignore[arg-type]


def test_primaries_that_must_never_be_merged_are_apart(repository: Path, git_runner: Git) -> None:
    reading = DivergenceProbe(git_runner, never_merged(repository), 10).read()
    states = {branch.name: branch.state for branch in reading.branches}
    assert states["scientific"] is BranchState.APART
    # The same commits under another name are an ordinary branch.
    assert states["feature/far"] is BranchState.BEHIND
    assert reading.never_merge == (NeverMerge("scientific", "main", 2, 2),)


@pytest.mark.parametrize(
    ("pair", "targets", "expected"),
    [
        (("scientific", "main"), (), NeverMerge("scientific", "main", 2, 2)),
        (("main", "scientific"), (), NeverMerge("scientific", "main", 2, 2)),
        (("scientific", "fix-aligned"), (), NeverMerge("fix-aligned", "scientific", 3, 2)),
        (
            ("scientific", "fix-aligned"),
            (Target(branches="scientific", target="fix-aligned"),),
            NeverMerge("scientific", "fix-aligned", 2, 3),
        ),
        (("scientific", "gone"), (), NeverMerge("gone", "scientific", None, None)),
    ],
)
def test_of_a_pair_the_one_whose_target_the_other_is_comes_first(
    repository: Path,
    git_runner: Git,
    pair: tuple[str, str],
    targets: tuple[Target, ...],
    expected: NeverMerge,
) -> None:
    primaries = ("main", "scientific", "fix-aligned", "gone")
    settings = never_merged(repository, primaries=primaries, never_merge=(pair,), targets=targets)
    reading = DivergenceProbe(git_runner, settings, 10).read()
    assert reading.never_merge == (expected,)


def test_one_that_is_missing_leaves_the_other_unknown(repository: Path, git_runner: Git) -> None:
    settings = never_merged(repository)
    git(repository, "checkout", "--quiet", "--detach")
    git(repository, "branch", "-D", "main")
    reading = DivergenceProbe(git_runner, settings, 10).read()
    assert {branch.state for branch in reading.branches} == {BranchState.UNKNOWN}
    assert reading.never_merge == (NeverMerge("scientific", "main", None, None),)
    assert all(branch.tip_time is not None for branch in reading.branches)


def test_branches_of_a_remote_are_measured_like_those_here(repository: Path, git_runner: Git) -> None:
    for name, commit in {
        "main": "main~1",
        "scientific": "main",
        "feature/x": "feature/far",
        "old/y": "orphan",
    }.items():
        git(repository, "update-ref", f"refs/remotes/origin/{name}", commit)
    git(repository, "branch", "origin/feature/x", "main")
    settings = never_merged(
        repository,
        remotes=("origin",),
        ignore=("old/*",),
        targets=(Target(branches="feature/*", target="scientific"),),
    )
    probe = DivergenceProbe(git_runner, settings, 10)
    reading = probe.read()
    found = {branch.name: branch for branch in reading.branches}
    here = found["origin/feature/x"]
    assert (here.remote, here.target, here.state, here.family) == (None, "main", BranchState.MERGED, "other")
    there = found["remotes/origin/feature/x"]
    assert (there.remote, there.target, there.ahead, there.family) == ("origin", "scientific", 0, "feature")
    # What a remote has of a primary shows how far the one here is from it, never-merge or not.
    copy = found["origin/main"]
    assert (copy.target, copy.state, copy.behind) == ("main", BranchState.MERGED, 1)
    copy = found["origin/scientific"]
    assert (copy.target, copy.state, copy.ahead) == ("scientific", BranchState.BEHIND, 2)
    assert (reading.ignored, "origin/old/y" in found) == (1, False)

    git(repository, "update-ref", "refs/remotes/origin/main", "main")
    assert by_name(probe)["origin/main"].behind == 0


def test_who_made_the_last_commit(repository: Path, git_runner: Git) -> None:
    makers = {
        "bot/a": "dependabot[bot] <49699333+dependabot[bot]@users.noreply.example>",
        "bot/b": "review-agent <r@example.invalid>",
        "person/a": "Robot Lover <bot@example.invalid>",
        "person/b": "[bot <a@example.invalid>",
    }
    for branch, maker in makers.items():
        stream = f"commit refs/heads/{branch}\nauthor {maker} 1 +0000\ncommitter A <a@b> 1 +0000\ndata 1\nx\n"
        git(repository, "fast-import", "--quiet", stdin=stream.encode())
    branches = by_name(DivergenceProbe(git_runner, Repository(path=str(repository)), 10))
    authors = {name: branches[name].author for name in makers}
    assert authors == {name: Author.BOT if "bot/" in name else Author.PERSON for name in makers}
    settings = Repository(path=str(repository), bots=("*@example.invalid>",))
    branches = by_name(DivergenceProbe(git_runner, settings, 10))
    assert branches["person/a"].author is Author.BOT
    assert branches["bot/a"].author is Author.PERSON


def test_names_that_look_like_options_or_are_no_utf8(repository: Path, git_runner: Git) -> None:
    names = [
        b"--help",
        b"-x",
        b"--stdin",
        b'it\'s "quoted"'.replace(b" ", b"_"),
        "zürich/猫".encode(),
        b"caf\xe9",
        b"$(touch,hacked)",
        b"a;b|c&d",
        b"{{7+7}}<b>",
        b"%(objectname)",
    ]
    import_history(repository, linear("h", 2), dict.fromkeys(names, "h1"))
    branches = by_name(DivergenceProbe(git_runner, Repository(path=str(repository)), 10))
    for name in names:
        branch = branches[name.decode("utf-8", "backslashreplace")]
        assert (branch.state, branch.ahead, branch.behind) == (BranchState.ORPHAN, 2, 3)


def test_branches_at_the_same_commit_are_counted_each(repository: Path, git_runner: Git) -> None:
    for name in ("one", "two", "three"):
        git(repository, "branch", name, "feature/far")
    branches = by_name(DivergenceProbe(git_runner, Repository(path=str(repository)), 10))
    assert len({branches[name].tip for name in ("one", "two", "three", "feature/far")}) == 1
    assert [branches[name].ahead for name in ("one", "two", "three")] == [2, 2, 2]


def test_families_outlive_a_restart(tmp_path: Path, git_runner: Git) -> None:
    made = new_repository(tmp_path / "r")
    import_history(made, linear("m", 1), {"main": "m0", "a/1": "m0", "a/2": "m0", "b/1": "m0", "b/2": "m0"})
    settings = Repository(path=str(made), families=Families(limit=1))

    def families(cache: Path) -> set[str]:
        return {branch.family for branch in DivergenceProbe(git_runner, settings, 10, cache).read().branches}

    assert families(tmp_path / "cache") == {"a", "other"}
    git(made, "branch", "b/3", "main")
    assert families(tmp_path / "cache") == {"a", "other"}
    assert families(tmp_path / "another") == {"b", "other"}
    git(made, "branch", "b/4", "main")
    assert families(tmp_path / "cache") == {"b", "other"}


def test_a_commit_of_a_time_that_has_no_date(repository: Path, git_runner: Git) -> None:
    stream = b"commit refs/heads/far-off\ncommitter A <a@b> 999999999999 +0000\ndata 1\nx\n"
    git(repository, "fast-import", "--quiet", stdin=stream)
    reading = DivergenceProbe(git_runner, Repository(path=str(repository)), 10).read()
    (branch,) = [branch for branch in reading.branches if branch.name == "far-off"]
    assert branch.tip_time == 999999999999
    (row,) = [row for row in rows_of("app", reading) if row.branch == "far-off"]
    assert row.tip_time is None
