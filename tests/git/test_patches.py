"""Patches of commits that change the same in other places, and of those that only seem to."""

from pathlib import Path

import pytest

from alignwatch.git.command import Git
from alignwatch.git.patches import Patch, files_of, patch_ids
from support.repositories import Commit, git, import_history, new_repository

LINES = "".join(f"{number}\n" for number in range(40))


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "made", bare=True)


def ids_of(made: Path, git_runner: Git, commits: list[Commit]) -> dict[str, str | None]:
    oids = import_history(made, commits, {})
    found = patch_ids(git_runner, made, [Patch(oid) for oid in oids.values()], 10)
    return {name: found.get(oid) for name, oid in oids.items()}


def test_the_same_change_elsewhere_has_the_same_id(made: Path, git_runner: Git) -> None:
    ids = ids_of(
        made,
        git_runner,
        [
            Commit("base", files={"a": LINES}),
            Commit("changed", ["base"], {"a": LINES.replace("30\n", "thirty\n")}),
            Commit("moved on", ["base"], {"a": "more\n" + LINES}),
            Commit("picked", ["moved on"], {"a": "more\n" + LINES.replace("30\n", "thirty\n")}),
            Commit("other", ["base"], {"a": LINES.replace("30\n", "dreissig\n")}),
        ],
    )
    assert ids["changed"] == ids["picked"] != ids["other"]
    assert None not in ids.values()


def test_many_are_compared_in_handfuls(made: Path, git_runner: Git) -> None:
    commits = [Commit(f"c{number}", files={"a": str(number // 2)}, whole=True) for number in range(50)]
    assert len(set(ids_of(made, git_runner, commits).values())) == 25


def test_a_patch_since_another_commit(made: Path, git_runner: Git) -> None:
    ids = import_history(
        made,
        [
            Commit("base", files={"a": "1"}),
            Commit("one", ["base"], {"b": "2"}),
            Commit("two", ["one"], {"c": "3"}),
            Commit("all", ["base"], {"b": "2", "c": "3"}),
        ],
        {},
    )
    whole, squashed = Patch(ids["two"], ids["base"]), Patch(ids["all"])
    found = patch_ids(git_runner, made, [whole, squashed], 10)
    assert found[ids["two"]] == found[ids["all"]]
    files = dict(files_of(git_runner, made, [whole, squashed], 10))
    assert files == {ids["two"]: {b"b", b"c"}, ids["all"]: {b"b", b"c"}}


def test_files_with_names_that_look_like_something_else(made: Path, git_runner: Git) -> None:
    names = {"1" * 40, ":100644 100644 x", "a\nb", "ä", '"'}
    tree = git(
        made,
        "mktree",
        "-z",
        stdin=b"\0".join(
            b"100644 blob %s\t%s" % (git(made, "hash-object", "-w", "--stdin").encode(), name.encode())
            for name in names
        )
        + b"\0",
    )
    root = git(made, "commit-tree", tree, "-m", "x")
    empty = git(made, "commit-tree", tree, "-m", "y", "-p", root)
    found = list(files_of(git_runner, made, [Patch(root), Patch(empty)], 10))
    assert found == [(root, frozenset(name.encode() for name in names))]
    assert set(patch_ids(git_runner, made, [Patch(root), Patch(empty)], 10)) == {root}


def test_drivers_of_the_repository_are_not_run(made: Path, git_runner: Git, tmp_path: Path) -> None:
    (made / "info").mkdir(exist_ok=True)
    (made / "info" / "attributes").write_text("* diff=odd\n")
    for kind in ("command", "textconv"):
        git(made, "config", f"diff.odd.{kind}", f"touch {tmp_path}/ran; cat")
    assert ids_of(made, git_runner, [Commit("a"), Commit("b", ["a"], {"file-a": "changed"})])["b"]
    assert not (tmp_path / "ran").exists()


def test_nothing_is_asked(made: Path, git_runner: Git) -> None:
    assert list(files_of(git_runner, made, [], 10)) == []
    assert patch_ids(git_runner, made, [], 10) == {}
