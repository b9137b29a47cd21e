"""Commit time and author of many commits in one go."""

from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.git.tips import Tip, read_tips
from support.repositories import EPOCH, git


def commit_by(repository: Path, name: bytes, address: bytes, when: int = EPOCH) -> str:
    """A commit whose author is written byte for byte."""
    tree = git(repository, "rev-parse", "main^{tree}").encode()
    person = b"%s <%s> %d +0000" % (name, address, when)
    raw = b"tree %s\nauthor %s\ncommitter %s\n\nx\n" % (tree, person, person)
    return git(repository, "hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=raw)


def test_authors_whatever_their_name(repository: Path, git_runner: Git) -> None:
    authors = {
        b"dependabot[bot]": "dependabot[bot] <x@y>",
        "Zoë 猫".encode(): "Zoë 猫 <x@y>",
        b"caf\xe9": "caf\\xe9 <x@y>",
        b"$(id) \"'`\\": "$(id) \"'`\\ <x@y>",
        b"a\xe2\x80\xa8b\x0bc\x1e": "a\u2028b\x0bc\x1e <x@y>",
        b"": " <x@y>",
    }
    commits = {commit_by(repository, name, b"x@y", EPOCH + 7): said for name, said in authors.items()}
    expected = {commit: Tip(float(EPOCH + 7), said) for commit, said in commits.items()}
    assert read_tips(git_runner, repository, commits, 10) == expected


def test_what_is_missing_or_no_commit_is_left_out(repository: Path, git_runner: Git) -> None:
    blob = git(repository, "hash-object", "-w", "--stdin", stdin=b"x")
    main = git(repository, "rev-parse", "main")
    assert list(read_tips(git_runner, repository, ["1" * 40, blob, main], 10)) == [main]
    assert read_tips(git_runner, repository, [], 10) == {}


def test_a_damaged_commit_is_an_error(repository: Path, git_runner: Git) -> None:
    commit = commit_by(repository, b"A", b"a@b")
    file = repository / ".git" / "objects" / commit[:2] / commit[2:]
    file.chmod(0o644)
    file.write_bytes(b"nonsense")
    with pytest.raises(GitError):
        read_tips(git_runner, repository, [commit, git(repository, "rev-parse", "main")], 10)


def test_a_mailmap_and_an_encoding_of_its_own_change_nothing(repository: Path, git_runner: Git) -> None:
    (repository / ".mailmap").write_text("Other <other@b> <a@example.invalid>\n")
    git(repository, "config", "i18n.logOutputEncoding", "ISO-8859-1")
    commit = commit_by(repository, "Zoë".encode(), b"a@example.invalid")
    assert read_tips(git_runner, repository, [commit], 10)[commit].author == "Zoë <a@example.invalid>"


@pytest.mark.parametrize("committer", [b"", b"A <a@b>", b"A <a@b> soon +0000", b"A 5 +0000"])
def test_a_commit_without_a_time_is_left_out(repository: Path, git_runner: Git, committer: bytes) -> None:
    tree, main = git(repository, "rev-parse", "main^{tree}", "main").split()
    raw = b"tree %s\nauthor A <a@b> 1 +0000\ncommitter %s\n\nx\n" % (tree.encode(), committer)
    odd = git(repository, "hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=raw)
    found = read_tips(git_runner, repository, [odd, main], 10)
    assert main in found
    assert odd not in found or found[odd].time == 0
