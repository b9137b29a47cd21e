from pathlib import Path

import pytest

from alignwatch.git.changes import Changes, Pair, comparing, trees_of
from alignwatch.git.command import Git, GitError
from support.repositories import Commit, git, import_history, new_repository


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A repository and the commits ``old`` and ``new`` in it, with every kind of change between them."""
    made = new_repository(tmp_path / "r", bare=True)
    old = {"same": "=", "edited": "1", "mode": "m", "gone": "g", "file": "f", "folder/x": "x", "d/s/y": "y"}
    new = {"same": "=", "edited": "2", "mode": "m", '"new\\nline"': "n", "file/in": "f", "folder": "x"}
    ids = import_history(
        made,
        [
            Commit("old", files=old, whole=True),
            Commit("new", ["old"], new, whole=True, modes={"mode": "100755"}),
        ],
        {"main": "new"},
    )
    return made, ids


def compare(runner: Git, repository: Path, trees: list[Pair]) -> list[Changes]:
    with comparing(runner, repository, trees, 10) as changes:
        return list(changes)


def blob(made: Path, content: str) -> bytes:
    return git(made, "hash-object", "--stdin", stdin=content.encode()).encode()


def test_every_kind_of_change(versions: tuple[Path, dict[str, str]], git_runner: Git) -> None:
    made, ids = versions
    trees = trees_of(git_runner, made, ids.values(), 10)
    old, new = trees[ids["old"]], trees[ids["new"]]
    nothing, everything, again = compare(git_runner, made, [(old, old), (old, new), (new, new)])
    assert nothing == again == Changes()
    added, removed = {b"new\nline", b"file/in", b"folder"}, {b"gone", b"file", b"folder/x", b"d/s/y"}
    modes = {b"mode": b"100755"}
    contents = {b"edited": "2", b"mode": "m", b"new\nline": "n", b"file/in": "f", b"folder": "x"}
    assert everything == Changes(
        changed={b"edited", b"mode"} | added | removed,
        added=added,
        removed=removed,
        removed_folders={b"folder", b"d", b"d/s"},
        versions={
            b"%s\0%s %s" % (path, modes.get(path, b"100644"), blob(made, content))
            for path, content in contents.items()
        },
    )


def test_what_is_missing_is_told(versions: tuple[Path, dict[str, str]], git_runner: Git) -> None:
    made, ids = versions
    trees = trees_of(git_runner, made, ["1" * 40, *ids.values()], 10)
    assert set(trees) == set(ids.values())
    old, new = trees[ids["old"]], trees[ids["new"]]
    with pytest.raises(GitError, match="vanished"):
        compare(git_runner, made, [(old, "1" * 40), (old, new)])


def test_a_missing_folder_is_an_error(versions: tuple[Path, dict[str, str]], git_runner: Git) -> None:
    made, ids = versions
    trees = trees_of(git_runner, made, ids.values(), 10)
    broken = git(made, "mktree", "--missing", stdin=f"040000 tree {'1' * 40}\td\n".encode())
    old, new = trees[ids["old"]], trees[ids["new"]]
    seen: list[Changes] = []
    with pytest.raises(GitError), comparing(git_runner, made, [(old, new), (old, broken)], 10) as changes:
        seen.extend(changes)
    assert len(seen) == 1


def test_all_folders_above_what_was_added() -> None:
    assert Changes(added={b"a", b"d/s/x", b"d/y"}).above_added == {b"d", b"d/s"}


def test_nothing_to_compare(repository: Path, git_runner: Git) -> None:
    assert compare(git_runner, repository, []) == []
