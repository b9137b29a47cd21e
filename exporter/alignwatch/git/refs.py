"""Branches and what they point to, as ``git for-each-ref`` lists them."""

import re
from dataclasses import dataclass
from pathlib import Path

from alignwatch.git.command import Git

HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Ref:
    """One branch."""

    name: bytes
    """As git has it, after ``refs/heads/``; not necessarily UTF-8."""
    oid: str

    @property
    def text(self) -> str:
        r"""The name as text: bytes that are not UTF-8 are written ``\xe9``."""
        return display(self.name)


@dataclass(frozen=True, slots=True)
class Refs:
    """All branches at one moment."""

    branches: tuple[Ref, ...]
    broken: tuple[str, ...]
    """Full names of refs that hold no object id."""


def display(name: bytes) -> str:
    """A ref's name as text that is safe in labels and JSON."""
    return name.decode("utf-8", "backslashreplace")


def read_branches(git: Git, repository: Path, deadline: float) -> Refs:
    """Lists the branches; opens no object, so a ref to a missing object is still listed.

    Raises:
        GitError: git could not tell.
    """
    done = git.run(repository, "for-each-ref", "--format=%(objectname) %(refname)", HEADS, deadline=deadline)
    return Refs(
        tuple(_parse(line) for line in done.stdout.splitlines() if line),
        tuple(re.findall(r"ignoring broken ref (\S+)", display(done.stderr))),
    )


def read_remote_tips(git: Git, repository: Path, branch: str, deadline: float) -> tuple[str, ...]:
    """What the remotes' branches of one name pointed to when they were last fetched.

    Raises:
        GitError: git could not tell.
    """
    if not branch or "\0" in branch:
        return ()
    pattern = f"refs/remotes/*/{branch}"
    done = git.run(repository, "for-each-ref", "--format=%(objectname)", pattern, deadline=deadline)
    return tuple(done.stdout.decode("ascii").split())


def _parse(line: bytes) -> Ref:
    oid, _, name = line.partition(b" ")
    return Ref(name.removeprefix(HEADS.encode()), oid.decode())
