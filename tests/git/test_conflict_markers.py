import os
from pathlib import Path

import pytest

from alignwatch.git.command import Git
from alignwatch.git.conflict_markers import LARGEST_FILE, leaves_conflict_markers
from support.repositories import git, new_repository

BEGIN, MIDDLE, END = b"<<<<<<< HEAD\n", b"=======\n", b">>>>>>> topic\n"
CONFLICT = BEGIN + b"ours\n" + MIDDLE + b"theirs\n" + END


class Scene:
    """Commits made of one file each, on top of nothing."""

    def __init__(self, folder: Path, runner: Git) -> None:
        self._repository = new_repository(folder)
        self._runner = runner

    def commit(self, content: bytes | None, path: str = "file", mode: str = "100644") -> str:
        """A commit that has the file with this content; None for one that lacks it."""
        git(self._repository, "read-tree", "--empty")
        if content is not None:
            blob = git(self._repository, "hash-object", "-w", "--stdin", stdin=content)
            git(self._repository, "update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")
        tree = git(self._repository, "write-tree")
        return git(self._repository, "commit-tree", "-m", os.urandom(4).hex(), tree)

    def found(self, result: str, *sources: str) -> bool:
        return leaves_conflict_markers(self._runner, self._repository, result, sources, 10)

    def finds(self, content: bytes, *before: bytes | None) -> bool:
        return self.found(self.commit(content), *map(self.commit, before or (b"a\n", b"b\n")))


@pytest.fixture
def scene(tmp_path: Path, git_runner: Git) -> Scene:
    return Scene(tmp_path / "scene", git_runner)


@pytest.mark.parametrize(
    "content",
    [
        CONFLICT,
        b"before\n" + CONFLICT + b"after",
        CONFLICT.replace(b"\n", b"\r\n"),
        CONFLICT.rstrip(b"\n"),
        BEGIN + b"||||||| base\nx\n" + MIDDLE + END,
        BEGIN + b"Title\n" + MIDDLE + b"text\n" + MIDDLE + END,
        BEGIN + BEGIN + MIDDLE + END,
        BEGIN + b"x" * (LARGEST_FILE - 100) + b"\n" + MIDDLE + END,
    ],
)
def test_a_conflict_is_found(scene: Scene, content: bytes) -> None:
    assert scene.finds(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"Title\n" + MIDDLE + b"text\n",
        BEGIN + b"only a mention\n",
        MIDDLE + END,
        END + MIDDLE + BEGIN,
        BEGIN + END,
        BEGIN + b"======== longer\n" + END,
        BEGIN + b"=======x\n" + END,
        b" " + BEGIN + b" " + MIDDLE + b" " + END,
        b"<<<<<<<HEAD\n" + MIDDLE + END,
        CONFLICT + b"\0",
        b"x" * LARGEST_FILE + CONFLICT,
    ],
)
def test_what_is_no_conflict_is_none(scene: Scene, content: bytes) -> None:
    assert not scene.finds(content)


def test_only_what_no_source_had_is_found(scene: Scene) -> None:
    assert scene.finds(CONFLICT, b"a\n", None)
    assert not scene.finds(CONFLICT, None, None)
    assert not scene.finds(CONFLICT, CONFLICT, b"a\n")
    assert not scene.finds(b"more\n" + CONFLICT, CONFLICT, b"a\n")
    assert not scene.finds(CONFLICT + b"\n" + CONFLICT, CONFLICT, b"x\n" + CONFLICT)
    assert scene.finds(CONFLICT * 2, CONFLICT, b"a\n")
    assert scene.finds(CONFLICT, b"a\n", b"a\n")
    assert scene.finds(CONFLICT, b"a\n", b"b\n", b"c\n")
    assert not scene.finds(CONFLICT, b"x" * LARGEST_FILE * 2, b"b\n")


@pytest.mark.parametrize("path", ["a b", "--output=x", "tab\tand\nline feed", "é", '"quoted"', "d/e"])
def test_paths_are_data(scene: Scene, path: str) -> None:
    result = scene.commit(CONFLICT, path)
    assert scene.found(result, scene.commit(b"a\n", path), scene.commit(b"b\n", path))


@pytest.mark.parametrize("mode", ["120000", "160000"])
def test_links_and_submodules_are_passed_over(scene: Scene, mode: str) -> None:
    result = scene.commit(CONFLICT, mode=mode)
    assert not scene.found(result, scene.commit(b"a\n", mode=mode), scene.commit(b"b\n", mode=mode))
    assert scene.found(scene.commit(CONFLICT), scene.commit(b"a\n", mode=mode), scene.commit(b"b\n"))


def test_a_repository_cannot_make_us_run_anything(scene: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "scene"
    commits = [scene.commit(content) for content in (CONFLICT, b"a\n", b"b\n")]
    command = f"touch {tmp_path / 'ran'}; cat"
    for key in ("diff.external", "diff.x.textconv", "diff.x.command", "core.pager", "core.fsmonitor"):
        git(folder, "config", key, command)
    (folder / ".git" / "info" / "attributes").write_text("* diff=x\n")
    assert scene.found(*commits)
    assert not (tmp_path / "ran").exists()
