from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.git.commits import existing_commits, is_ancestor, is_shallow, parents_of
from support.repositories import git


def oid(repository: Path, name: str) -> str:
    return git(repository, "rev-parse", name)


def object_file(repository: Path, object_id: str) -> Path:
    return repository / ".git" / "objects" / object_id[:2] / object_id[2:]


def test_only_commits_exist_whatever_is_asked_for(repository: Path, git_runner: Git) -> None:
    main, tree = oid(repository, "main"), oid(repository, "main^{tree}")
    wrong = ["1" * 40, "2" * 64, tree, "main", main[:7], "", "--all", f"{main}\n{main}", f"{main} x"]
    assert existing_commits(git_runner, repository, [main, *wrong, main], 10) == {main}
    assert existing_commits(git_runner, repository, wrong, 10) == frozenset()


def test_ancestors_and_parents(repository: Path, git_runner: Git) -> None:
    main, merged, orphan = (oid(repository, name) for name in ("main", "feature/merged", "orphan"))
    assert is_ancestor(git_runner, repository, merged, main, 10)
    assert is_ancestor(git_runner, repository, main, main, 10)
    assert not is_ancestor(git_runner, repository, main, merged, 10)
    assert not is_ancestor(git_runner, repository, orphan, main, 10)
    assert parents_of(git_runner, repository, main, 10) == (merged,)
    assert parents_of(git_runner, repository, orphan, 10) == ()


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.chmod(0o600) or file.write_bytes(b"x")])
def test_what_cannot_be_read_is_no_answer(repository: Path, git_runner: Git, damage: object) -> None:
    far, main = oid(repository, "feature/far"), oid(repository, "main")
    assert callable(damage)
    damage(object_file(repository, oid(repository, "feature/far~1")))
    with pytest.raises(GitError) as raised:
        is_ancestor(git_runner, repository, main, far, 10)
    assert raised.value.reason == "git"


def test_a_corrupt_commit_is_not_missing(repository: Path, git_runner: Git) -> None:
    main = oid(repository, "main")
    file = object_file(repository, main)
    file.chmod(0o600)
    file.write_bytes(b"")
    with pytest.raises(GitError):
        existing_commits(git_runner, repository, [main], 10)


def test_a_shallow_clone_says_so(repository: Path, tmp_path: Path, git_runner: Git) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", "--depth=1", f"file://{repository}", "shallow")
    assert is_shallow(git_runner, tmp_path / "shallow", 10)
    assert not is_shallow(git_runner, repository, 10)
