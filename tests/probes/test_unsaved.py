"""Unsaved work against the slow and obvious reference: one ``git rev-list --count`` a branch."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignwatch.git.command import Git, GitError
from alignwatch.probes.unsaved import UnsavedProbe
from alignwatch.settings import Repository
from alignwatch.snapshot import UnsavedReading
from support.graphs import histories
from support.repositories import EPOCH, Commit, everything_in, git, import_history, linear, new_repository


def read(repository: Path, git_runner: Git, **settings: object) -> UnsavedReading:
    return UnsavedProbe(git_runner, Repository(path=str(repository), **settings), 10).read()  # type: ignore[arg-type]


def commits_of(repository: Path, reading: UnsavedReading) -> dict[str, int | None]:
    """The figure of each branch, by its name."""
    listed = git(repository, "for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads")
    pairs = (line.split(" ", 1) for line in listed.splitlines())
    return {name: reading.commits_of.get(oid) for oid, name in pairs}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """main, and a topic three commits ahead of it."""
    repository = new_repository(tmp_path / "made")
    git(repository, "config", "fastimport.unpackLimit", "1000")
    import_history(repository, [*linear("m", 2), *linear("t", 3, "m1")], {"main": "m1", "feature/x": "t2"})
    return repository


def test_work_that_is_only_in_its_branch(made: Path, git_runner: Git) -> None:
    reading = read(made, git_runner)
    assert commits_of(made, reading) == {"main": 0, "feature/x": 3}
    assert (reading.branches, reading.commits, reading.oldest) == (1, 3, EPOCH + 3 * 60)
    assert (reading.unknown, reading.problem) == (0, None)


def test_other_branches_save_nothing(made: Path, git_runner: Git) -> None:
    git(made, "branch", "copy", "feature/x")
    git(made, "branch", "part", "feature/x~1")
    reading = read(made, git_runner)
    assert commits_of(made, reading) == {"main": 0, "feature/x": 3, "copy": 3, "part": 2}
    assert (reading.branches, reading.commits) == (3, 3)


def test_where_all_is_safe_there_is_no_oldest(made: Path, git_runner: Git) -> None:
    reading = read(made, git_runner, primaries=("main", "feature/x"))
    assert commits_of(made, reading) == {"main": 0, "feature/x": 0}
    assert (reading.branches, reading.commits, reading.oldest) == (0, 0, None)


BACKUPS = [
    "refs/heads/feature/x-backup-20260112-101500",
    "refs/heads/backup-feature/x-20260112",
    "refs/heads/backup/feature/x",
    "refs/heads/backup/feature/x-20260112",
    "refs/tags/archive/feature/x/1768212900",
    "refs/tags/feature/x_backup_20260112",
]


@pytest.mark.parametrize("backup", BACKUPS)
def test_a_backup_saves_what_it_contains(made: Path, git_runner: Git, backup: str) -> None:
    git(made, "update-ref", backup, "feature/x~1")
    assert commits_of(made, read(made, git_runner))["feature/x"] == 1


@pytest.mark.parametrize("backup", BACKUPS)
def test_a_backup_without_the_work_saves_nothing(made: Path, git_runner: Git, backup: str) -> None:
    git(made, "update-ref", backup, "main")
    assert commits_of(made, read(made, git_runner))["feature/x"] == 3


@pytest.mark.parametrize("backup", BACKUPS)
def test_a_backup_is_no_branch_with_work(made: Path, git_runner: Git, backup: str) -> None:
    git(made, "update-ref", backup, "feature/x")
    git(made, "update-ref", "-d", "refs/heads/feature/x")
    reading = read(made, git_runner)
    assert (reading.branches, reading.commits) == (0, 0)


def test_an_annotated_backup_and_one_of_it(made: Path, git_runner: Git) -> None:
    git(made, "tag", "-a", "-m", "x", "archive/x/1", "feature/x~2")
    assert commits_of(made, read(made, git_runner))["feature/x"] == 2
    git(made, "tag", "-a", "-m", "x", "y", "feature/x")
    git(made, "tag", "-a", "-m", "x", "archive/x/2", "y")
    assert commits_of(made, read(made, git_runner))["feature/x"] == 0


@pytest.mark.parametrize("options", [[], ["-a", "-m", "x"]])
@pytest.mark.parametrize("thing", ["feature/x:file-t0", "feature/x^{tree}"])
def test_a_tag_of_files_is_no_backup_of_history(
    made: Path, git_runner: Git, thing: str, options: list[str]
) -> None:
    git(made, "tag", *options, "archive/x/1", thing)
    assert commits_of(made, read(made, git_runner))["feature/x"] == 3


def test_an_ordinary_tag_is_no_backup(made: Path, git_runner: Git) -> None:
    git(made, "tag", "v1", "feature/x")
    assert commits_of(made, read(made, git_runner))["feature/x"] == 3


def test_a_remote_saves_what_was_fetched_and_only_while_it_is_there(
    made: Path, git_runner: Git, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(made), str(clone))
    git(clone, "checkout", "--quiet", "-b", "feature/x", "origin/feature/x")
    git(clone, "commit", "--quiet", "--allow-empty", "-m", "unpushed")
    assert commits_of(clone, read(clone, git_runner)) == {"main": 0, "feature/x": 1}
    git(made, "branch", "-D", "feature/x")
    assert commits_of(clone, read(clone, git_runner))["feature/x"] == 1
    git(clone, "fetch", "--quiet", "--prune")
    assert commits_of(clone, read(clone, git_runner))["feature/x"] == 4


def test_a_remote_whose_commit_is_missing_saves_nothing(made: Path, git_runner: Git) -> None:
    refs = made / ".git" / "refs" / "remotes" / "origin"
    refs.mkdir(parents=True)
    (refs / "x").write_text("1" * 40 + "\n")
    (refs / "HEAD").write_text("ref: refs/remotes/origin/gone\n")
    assert commits_of(made, read(made, git_runner))["feature/x"] == 3


def test_branches_that_are_ignored_neither_count_nor_save(made: Path, git_runner: Git) -> None:
    git(made, "branch", "tmp/x", "feature/x")
    git(made, "branch", "tmp/y-backup-1", "feature/x~2")
    reading = read(made, git_runner, ignore=("tmp/*",))
    assert (reading.branches, reading.commits, commits_of(made, reading)["feature/x"]) == (1, 2, 2)


def test_branches_of_remotes_that_are_listed_are_safe(made: Path, git_runner: Git) -> None:
    git(made, "update-ref", "refs/remotes/origin/y", "feature/x~1")
    reading = read(made, git_runner, remotes=("origin",))
    assert reading.commits_of[git(made, "rev-parse", "feature/x~1")] == 0


def test_names_that_are_hard_to_write(made: Path, git_runner: Git) -> None:
    for name in (b"caf\xe9", b'say-"hi"', "naïve/ß".encode(), b"-D", b"it's$(touch)"):
        git(made, "update-ref", "--stdin", stdin=b"create refs/heads/%s refs/heads/feature/x\n" % name)
    reading = read(made, git_runner)
    assert (reading.branches, reading.commits) == (6, 3)


def test_nothing_is_walked_while_no_ref_moves(made: Path, git_runner: Git) -> None:
    probe = UnsavedProbe(git_runner, Repository(path=str(made)), 10)
    reading = probe.read()
    walked = []
    git_runner.lines = lambda *arguments, **_: walked.append(arguments)  # type: ignore[method-assign,assignment]
    assert probe.read() is reading
    assert walked == []


def test_a_ref_that_changes_nothing_gives_the_same_reading(made: Path, git_runner: Git) -> None:
    probe = UnsavedProbe(git_runner, Repository(path=str(made)), 10)
    reading = probe.read()
    git(made, "tag", "v1")
    assert probe.read() is reading
    git(made, "update-ref", "refs/heads/backup/x", "feature/x")
    assert probe.read().branches == 0


def test_a_broken_history_hides_no_other_and_is_tried_again(made: Path, git_runner: Git) -> None:
    ids = import_history(made, linear("b", 3), {"broken": "b2"})
    file = made / ".git" / "objects" / ids["b1"][:2] / ids["b1"][2:]
    content = file.read_bytes()
    file.unlink()
    probe = UnsavedProbe(git_runner, Repository(path=str(made)), 10)
    reading = probe.read()
    assert commits_of(made, reading) == {"main": 0, "feature/x": 3, "broken": None}
    assert (reading.branches, reading.commits, reading.unknown) == (1, 3, 1)
    assert reading.problem is not None
    file.write_bytes(content)
    assert (probe.read().commits, probe.read().unknown) == (6, 0)


def test_a_branch_without_its_commit_is_unknown(made: Path, git_runner: Git) -> None:
    blob = git(made, "hash-object", "-w", "--stdin", stdin=b"x")
    for name, oid in (("blob", blob), ("nowhere", "1" * 40)):
        (made / ".git" / "refs" / "heads" / name).write_text(oid + "\n")
    reading = read(made, git_runner)
    assert commits_of(made, reading)["blob"] is None
    assert (reading.unknown, reading.branches) == (2, 1)


def test_a_vanished_repository_is_an_error(made: Path, git_runner: Git) -> None:
    shutil.rmtree(made)
    with pytest.raises(GitError, match="no such folder"):
        read(made, git_runner)


def test_two_thousand_branches(tmp_path: Path, git_runner: Git) -> None:
    made = new_repository(tmp_path / "many", bare=True)
    topics = [Commit(f"t{number}", ["m1"]) for number in range(2000)]
    branches: Mapping[str, str] = {"main": "m1", **{f"topic/{one.name}": one.name for one in topics}}
    import_history(made, [*linear("m", 2), *topics], branches)
    reading = read(made, git_runner)
    assert (reading.branches, reading.commits, reading.unknown) == (2000, 2000, 0)


def test_the_repository_stays_as_it_was(made: Path, git_runner: Git) -> None:
    before = everything_in(made)
    read(made, git_runner)
    assert everything_in(made) == before


PLACES = st.sampled_from(
    [
        "refs/heads/topic{}",
        "refs/heads/backup/{}",
        "refs/tags/v{}",
        "refs/tags/archive/x/{}",
        "refs/remotes/o/{}",
    ]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commits=histories(), places=st.lists(PLACES, min_size=4, max_size=12), annotated=st.booleans())
def test_every_branch_of_a_random_history_agrees_with_git(
    commits: list[Commit],
    places: list[str],
    annotated: bool,
    tmp_path_factory: pytest.TempPathFactory,
    git_runner: Git,
) -> None:
    repository = new_repository(tmp_path_factory.mktemp("random"), bare=True)
    ids = import_history(repository, commits, {"main": commits[0].name})
    safe, work = [ids[commits[0].name]], {}
    for number, place in enumerate(places):
        oid, ref = ids[commits[number % len(commits)].name], place.format(number)
        if annotated and ref.startswith("refs/tags/"):
            git(repository, "tag", "-a", "-m", "x", ref.removeprefix("refs/tags/"), oid)
        else:
            git(repository, "update-ref", ref, oid)
        if ref.startswith("refs/heads/topic"):
            work[ref] = oid
        elif not ref.startswith("refs/tags/v"):
            safe.append(oid)
    reading = read(repository, git_runner)
    reference = {
        ref: int(git(repository, "rev-list", "--count", oid, "--not", *safe)) for ref, oid in work.items()
    }
    assert {ref: reading.commits_of[oid] for ref, oid in work.items()} == reference
    listed = git(repository, "rev-list", "--timestamp", "HEAD", *work.values(), "--not", *safe).splitlines()
    assert reading.branches == sum(1 for count in reference.values() if count)
    assert reading.commits == len(listed)
    assert reading.oldest == min((float(line.split()[0]) for line in listed), default=None)
