import time
from pathlib import Path

import pytest

from alignwatch.git.command import Git, GitError
from alignwatch.git.reflog import Past, past_of
from support.repositories import ENVIRONMENT, git, new_repository

START = 1_700_000_000


@pytest.fixture
def moving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[str]]:
    """A repository whose ``main`` moves every ten seconds, and where it went."""
    made = new_repository(tmp_path / "moving")
    tips = []
    for number in range(4):
        monkeypatch.setitem(ENVIRONMENT, "GIT_COMMITTER_DATE", f"{START + 10 * number} +0000")
        git(made, "commit", "--quiet", "--allow-empty", "--message", str(number))
        tips.append(git(made, "rev-parse", "main"))
    return made, tips


@pytest.mark.parametrize(
    ("start", "end", "numbers", "complete"),
    [
        (5, 25, [0, 1, 2], True),
        (15, 15, [1], True),
        (35, 99, [3], True),
        (5, 10.9, [0, 1], True),
        (10.5, 25, [1, 2], False),
        (10.01, 25, [1, 2], False),
        (11.01, 25, [1, 2], False),
        (11.5, 25, [1, 2], True),
        (-5, 5, [0], False),
        (-20, -10, [3], False),
    ],
)
def test_where_a_branch_was(
    moving: tuple[Path, list[str]],
    git_runner: Git,
    start: float,
    end: float,
    numbers: list[int],
    complete: bool,
) -> None:
    repository, tips = moving
    past = past_of(git_runner, repository, "main", START + start, START + end, 10)
    assert past == Past(tuple(tips[number] for number in numbers), complete)


def test_an_empty_log_is_that_of_a_branch_at_rest_and_no_log_is_none(
    moving: tuple[Path, list[str]], git_runner: Git
) -> None:
    repository, tips = moving
    git(repository, "reflog", "expire", "--expire=now", "--all")
    assert past_of(git_runner, repository, "main", START, START + 5, 10) == Past((tips[-1],), True)
    (repository / ".git" / "logs" / "refs" / "heads" / "main").unlink()
    assert past_of(git_runner, repository, "main", START, START + 5, 10) == Past((tips[-1],), False)


def test_a_local_branch_goes_before_a_remote_one(repository: Path, git_runner: Git) -> None:
    git(repository, "update-ref", "refs/remotes/origin/main", "orphan")
    git(repository, "update-ref", "refs/remotes/main", "orphan")
    now = time.time()
    for name, expected in (("origin/main", "orphan"), ("main", "main")):
        assert past_of(git_runner, repository, name, now, now, 10).tips == (
            git(repository, "rev-parse", f"refs/heads/{expected}"),
        )


@pytest.mark.parametrize(
    "name", ["", "*", "fix*", "feature", "--all", "main~1", "main@{0}", "a\0b", "x\ny", "é"]
)
def test_what_names_no_branch_has_no_past(repository: Path, git_runner: Git, name: str) -> None:
    assert past_of(git_runner, repository, name, START, time.time(), 10) == Past((), False)


def test_hostile_names_are_names(repository: Path, git_runner: Git) -> None:
    for name in ("--output=x", "caf\u00e9", "a{b}", "$(touch$IFS)"):
        git(repository, "update-ref", f"refs/heads/{name}", "main")
        assert past_of(git_runner, repository, name, time.time() + 5, time.time() + 9, 10).complete


def test_a_folder_that_is_no_repository_is_no_answer(tmp_path: Path, git_runner: Git) -> None:
    with pytest.raises(GitError):
        past_of(git_runner, tmp_path, "main", START, START, 10)
