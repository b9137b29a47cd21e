"""Commits as people and scripts are shown them."""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from alignwatch.git.command import Git
from alignwatch.git.refs import display
from alignwatch.text import timestamp

_FORMAT = "%H%x00%ct%x00%an%x00%s"


class CommitRow(Struct, frozen=True, kw_only=True):
    """One commit."""

    commit: str
    """Object id."""
    time: str
    """When it was made, RFC 3339 in UTC."""
    author: str
    subject: str


def commit_rows(git: Git, repository: Path, commits: Iterable[str], deadline: float) -> dict[str, CommitRow]:
    """Each commit by its object id.

    Raises:
        GitError: one of them cannot be read.
    """
    done = git.run(
        repository,
        *("log", "--no-walk=unsorted", "-z", "--no-notes", "--encoding=UTF-8", f"--format={_FORMAT}"),
        "--stdin",
        deadline=deadline,
        stdin="".join(f"{commit}\n" for commit in dict.fromkeys(commits)).encode(),
    )
    fields = display(done.stdout).removesuffix("\0").split("\0")
    return {
        commit: CommitRow(commit=commit, time=timestamp(float(when)), author=author, subject=subject)
        for commit, when, author, subject in zip(*[iter(fields)] * 4, strict=True)
    }
