"""Operations done for real, with the claim and the evidence that they leave in the journal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alignwatch.git.worktree_files import find_git_folders, read_state
from alignwatch.journal.claims import Claim
from alignwatch.operation import Evidence, Kind, Outcome
from support.repositories import ENVIRONMENT, git

CONFLICT = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> feature\n"
"""What a merge writes into a file, and what a file about merging may hold on purpose."""


def tip(repository: Path, branch: str) -> str | None:
    """The object id of a branch; None where there is none."""
    return git(repository, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False) or None


def in_progress(repository: Path) -> bool:
    """Whether an operation has stopped halfway."""
    folders = find_git_folders(repository)
    assert folders is not None
    return bool(read_state(folders).in_progress)


def claimed(
    repository: Path,
    kind: Kind,
    work: Callable[[], object],
    branch: str = "feature",
    target: str = "main",
    outcome: Outcome = Outcome.SUCCESS,
) -> Claim:
    """Does the work and returns the claim that it succeeded."""
    started, before, target_before = time.time(), tip(repository, branch), tip(repository, target)
    work()
    evidence = Evidence(
        tip_before=before,
        tip_after=tip(repository, branch),
        target_tip=tip(repository, target),
        left_in_progress=in_progress(repository),
        target_before=target_before,
    )
    return Claim("app", "o", kind, branch, target, outcome, started, time.time(), "track", evidence)


def write(repository: Path, path: str, content: str) -> None:
    """Commits a file's new content where HEAD is."""
    (repository / path).write_text(content)
    git(repository, "add", "--", path)
    git(repository, "commit", "--quiet", "--message", f"{path} in {content.partition(chr(10))[0]}")


@contextmanager
def long_ago() -> Iterator[None]:
    """Lets git believe, and write into its reflogs, that it is an hour earlier."""
    ENVIRONMENT["GIT_COMMITTER_DATE"] = f"{time.time() - 3600:.0f} +0000"
    try:
        yield
    finally:
        del ENVIRONMENT["GIT_COMMITTER_DATE"]


def on(repository: Path, branch: str, *arguments: str, check: bool = True) -> None:
    """Runs git with a branch checked out."""
    git(repository, "checkout", "--quiet", branch)
    git(repository, *arguments, check=check)
