"""Questions about single commits, by object id."""

import re
from collections.abc import Iterable
from pathlib import Path

from alignwatch.git.command import Completed, Git, GitError

_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def existing_commits(git: Git, repository: Path, ids: Iterable[str], deadline: float) -> frozenset[str]:
    """Those of the ids that are commits in the repository; what is no object id is none.

    Raises:
        GitError: git could not tell.
    """
    asked = [one for one in dict.fromkeys(ids) if _OBJECT_ID.fullmatch(one)]
    stdin = "".join(f"{one}\n" for one in asked).encode()
    done = git.run(repository, "cat-file", "--batch-check=%(objecttype)", deadline=deadline, stdin=stdin)
    _refuse_complaints(repository, done)
    answers = done.stdout.splitlines()
    return frozenset(one for one, answer in zip(asked, answers, strict=True) if answer == b"commit")


def is_ancestor(git: Git, repository: Path, ancestor: str, commit: str, deadline: float) -> bool:
    """Whether a commit contains another; each contains itself. Both must exist.

    Raises:
        GitError: git could not tell.
    """
    done = git.run(
        repository, "merge-base", "--is-ancestor", ancestor, commit, deadline=deadline, expected=(0, 1)
    )
    _refuse_complaints(repository, done)
    return done.exit_code == 0


def parents_of(git: Git, repository: Path, commit: str, deadline: float) -> tuple[str, ...]:
    """The parents of a commit that exists, the first one first.

    Raises:
        GitError: git could not tell.
    """
    done = git.run(repository, "rev-list", "--parents", "--max-count=1", commit, deadline=deadline)
    return tuple(done.stdout.decode("ascii").split()[1:])


def is_shallow(git: Git, repository: Path, deadline: float) -> bool:
    """Whether history was cut off when it was fetched, so that ancestors may be missing.

    Raises:
        GitError: git could not tell.
    """
    return git.run(repository, "rev-parse", "--is-shallow-repository", deadline=deadline).stdout == b"true\n"


def _refuse_complaints(repository: Path, done: Completed) -> None:
    """Raises where git could not read something and went on as if that were not there."""
    if done.stderr:
        said = done.stderr.decode("utf-8", "backslashreplace").splitlines()[0]
        raise GitError(f"{repository}: {said}", reason="git")
