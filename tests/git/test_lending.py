"""git reads what is lent, and leaves its dates as they are where it finds that what it writes exists."""

import os
from pathlib import Path

import pytest

from alignwatch.git.command import Git
from alignwatch.git.lending import lend
from alignwatch.git.shadow import ISOLATED, Shadow
from support.repositories import Commit, everything_in, git, import_history, new_repository

HISTORY = [
    Commit("base", files={"d/a": "1\n", "d/b": "1\n"}),
    Commit("topic", ["base"], {"d/b": "2\n"}),
    Commit("main", ["base"], {"d/a": "2\n"}),
    Commit("merged", ["main", "topic"], {"d/a": "2\n", "d/b": "2\n"}),
]
"""What a merge of topic into main comes to is there already."""
BRANCHES = {name: name for name in ("main", "topic", "merged")}
LONG_AGO = 1_500_000_000


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    """All objects are packed."""
    made = new_repository(tmp_path / "app", bare=True)
    git(made, "config", "fastimport.unpackLimit", "1")
    import_history(made, HISTORY, BRANCHES)
    return made


def unpack(repository: Path) -> None:
    """Each object in a file of its own."""
    for pack in (repository / "objects" / "pack").glob("*.pack"):
        data = pack.read_bytes()
        for file in pack.parent.glob(f"{pack.stem}.*"):
            file.unlink()
        git(repository, "unpack-objects", "-q", stdin=data)


def assert_undated(git_runner: Git, repository: Path, shadow: Shadow) -> None:
    """Tries the merge, and sees that every date stays, there and in what is borrowed."""
    top = repository.parent
    for path in (repository / "objects").rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    ids = git(repository, "rev-parse", "main", "topic", "merged^{tree}").split()
    before = {name: seen for name, seen in everything_in(top).items() if not name.startswith("shadow")}
    with shadow.opened(ids[0]) as folder:
        done = git_runner.run(
            folder, "merge-tree", "--write-tree", *ids[:2], deadline=10, environment=ISOLATED
        )
    assert done.stdout.decode().strip() == ids[2]
    after = {name: seen for name, seen in everything_in(top).items() if not name.startswith("shadow")}
    assert sorted(name for name in before.keys() | after if before.get(name) != after.get(name)) == []


@pytest.mark.parametrize("state", ["packed", "loose", "both", "multi-pack-index"])
def test_what_a_merge_comes_to_exists_already(
    watched: Path, tmp_path: Path, git_runner: Git, state: str
) -> None:
    if state in ("loose", "both"):
        unpack(watched)
    if state == "both":
        git(watched, "repack", "-a", "-q")
    if state == "multi-pack-index":
        git(watched, "multi-pack-index", "write")
    assert_undated(git_runner, watched, Shadow(tmp_path / "shadow", watched))


@pytest.mark.parametrize("state", ["packed", "loose"])
def test_objects_that_the_repository_borrows_itself(
    watched: Path, tmp_path: Path, git_runner: Git, state: str
) -> None:
    if state == "loose":
        unpack(watched)
    middle, borrower = (new_repository(tmp_path / name, bare=True) for name in ("middle", "borrower"))
    (middle / "objects" / "info" / "alternates").write_text(f"# ours\n{watched}/objects\n")
    (borrower / "objects" / "info" / "alternates").write_text("../../middle/objects\n")
    for branch in BRANCHES:
        git(borrower, "update-ref", f"refs/heads/{branch}", git(watched, "rev-parse", branch))
    assert_undated(git_runner, borrower, Shadow(tmp_path / "shadow", borrower))


def test_a_circle_of_alternates_ends(watched: Path, tmp_path: Path) -> None:
    (watched / "objects" / "info" / "alternates").write_text(f"{watched}/objects\n")
    lend(watched / "objects", tmp_path / "shadow" / "objects")


def test_what_is_packed_anew_or_mended_is_lent_anew(watched: Path, tmp_path: Path, git_runner: Git) -> None:
    shadow = Shadow(tmp_path / "shadow", watched)
    assert_undated(git_runner, watched, shadow)
    unpack(watched)
    assert_undated(git_runner, watched, shadow)
    assert list((tmp_path / "shadow" / "objects" / "pack").iterdir()) == []
    copy = next((tmp_path / "shadow" / "loose").glob("*/*"))
    copy.chmod(0o644)
    copy.write_bytes(b"")
    assert_undated(git_runner, watched, shadow)
    assert copy.stat().st_size > 0
    git(watched, "repack", "-a", "-d", "-q")
    assert_undated(git_runner, watched, shadow)
    assert list((tmp_path / "shadow" / "loose").glob("*/*")) == []


def test_what_is_packed_while_git_is_at_work_is_found(watched: Path, tmp_path: Path, git_runner: Git) -> None:
    unpack(watched)
    with Shadow(tmp_path / "shadow", watched).opened("1" * 40) as folder:
        import_history(watched, [Commit("later", files={"late": "x\n"})], {"later": "later"})
        git(watched, "repack", "-a", "-d", "-q")
        later = git(watched, "rev-parse", "later")
        done = git_runner.run(folder, "cat-file", "-t", later, deadline=10, environment=ISOLATED)
    assert done.stdout == b"commit\n"
