from pathlib import Path

import pytest

from alignwatch.git.commit_graph_file import (
    commit_graph_files,
    commits_in,
    commits_outside,
    has_changed_paths,
)
from support.repositories import git, import_history, linear, new_repository


@pytest.mark.parametrize("sha256", [False, True])
def test_what_a_chain_of_files_holds(tmp_path: Path, sha256: bool) -> None:
    made = new_repository(tmp_path / "made.git", bare=True, sha256=sha256)
    ids = import_history(made, linear("c", 5), {"main": "c2", "more": "c4"})
    objects = made / "objects"
    assert commit_graph_files(objects) == ()
    git(
        made, "commit-graph", "write", "--split", "--changed-paths", "--stdin-commits", stdin=_line(ids["c2"])
    )
    git(made, "commit-graph", "write", "--split=no-merge", "--stdin-commits", stdin=_line(ids["c3"]))
    first, second = files = commit_graph_files(objects)
    assert (commits_in(first), commits_in(second)) == (3, 1)
    assert commits_outside(ids.values(), files) == {ids["c4"]}
    assert commits_outside(ids.values(), (first,)) == {ids["c3"], ids["c4"]}
    assert has_changed_paths(first)


def test_a_single_file_comes_before_a_chain_as_in_git(repository: Path) -> None:
    objects = repository / ".git" / "objects"
    git(repository, "commit-graph", "write", "--reachable", "--split")
    git(repository, "commit-graph", "write", "--reachable")
    (file,) = commit_graph_files(objects)
    assert file.name == "commit-graph"
    assert not has_changed_paths(file)
    assert commits_in(file) == int(git(repository, "rev-list", "--all", "--count"))


@pytest.mark.parametrize(
    "content", [b"", b"CGPH", b"CGPH\1\1\3\0", b"CGPH\1\1\0\0" + b"\0" * 40, b"CGPH\1\7\0\0"]
)
def test_what_is_no_such_file_holds_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "graph"
    assert (commits_in(file), has_changed_paths(file)) == (0, False)
    file.write_bytes(content)
    assert (commits_in(file), has_changed_paths(file)) == (0, False)
    assert commits_outside(["1" * 40], (file,)) == {"1" * 40}


def _line(object_id: str) -> bytes:
    return f"{object_id}\n".encode()
