import logging
import shutil
import time
from pathlib import Path

import pytest

from alignwatch.git.command import Git
from alignwatch.journal.reading import UnverifiedTotal
from alignwatch.journal.store import Journal
from alignwatch.operation import Kind, Operation
from alignwatch.state_dir import journal_path
from alignwatch.tracking import verifier as module
from alignwatch.tracking.verification import KEPT_SECONDS
from alignwatch.tracking.verifier import Verifier
from support.journals import change, operation, query
from support.repositories import ENVIRONMENT, git
from support.tracked import track

DEADLINE = 30


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(journal_path(tmp_path / "state"))


@pytest.fixture
def other(repository: Path, tmp_path: Path) -> Path:
    """A copy of the repository: ``fix-aligned`` contains ``main``, and ``feature/far`` does not."""
    shutil.copytree(repository, tmp_path / "other")
    return tmp_path / "other"


def claim(operation_id: str, branch: str, repository: str = "app", ended: float = 0.0) -> Operation:
    """A claim that a branch was aligned to ``main`` just now, as alignment code reports it."""
    started = (ended or time.time() + 60) - 2
    return operation(operation_id, kind=Kind.ALIGN, repository=repository, branch=branch, started=started)


def settled(tmp_path: Path) -> dict[str, str]:
    """What became of each claim."""
    rows = query(journal_path(tmp_path / "state"), "SELECT operation_id, claim FROM operations")
    return dict(rows)


def unverified(journal: Journal) -> tuple[UnverifiedTotal, ...]:
    return journal.read(300, time.time()).unverified


def test_each_claim_is_settled_once_and_a_refusal_is_logged(
    journal: Journal, git_runner: Git, repository: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    verifier = Verifier(journal, git_runner, {"app": repository}, DEADLINE)
    for one in (claim("good", "fix-aligned"), claim("bad", "feature/far"), claim("who\nknows", "no\nwhere")):
        journal.record(one)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            verifier.look()
    assert settled(tmp_path) == {"good": "confirmed", "bad": "not_contained", "who\nknows": "unknown"}
    assert unverified(journal) == (
        UnverifiedTotal("app", "align", "main", "not_contained", 1),
        UnverifiedTotal("app", "align", "main", "unknown", 1),
    )
    (said,) = caplog.messages
    assert said == (
        "app: git does not confirm that operation 'bad' succeeded "
        "(align of branch 'feature/far', target 'main'): not_contained"
    )


def test_what_a_tool_says_through_track_is_asked_of_git(
    journal: Journal, git_runner: Git, repository: Path, tmp_path: Path
) -> None:
    git(repository, "checkout", "--quiet", "feature/far")
    claimed = ("--operation", "rebase", "--branch", "feature/far", "--target", "main", "--")
    verifier = Verifier(journal, git_runner, {"app": repository}, DEADLINE)
    for command, said in (("true", "not_contained"), ("git rebase main", "confirmed")):
        assert track(repository, *claimed, *command.split()) == 0
        verifier.look()
        assert list(settled(tmp_path).values())[-1] == said


def test_a_repository_that_is_away_keeps_its_claims_and_hides_no_other(
    journal: Journal,
    git_runner: Git,
    repository: Path,
    other: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verifier = Verifier(journal, git_runner, {"app": repository, "lib": other}, DEADLINE)
    away = repository.rename(tmp_path / "away")
    journal.record(claim("of-app", "fix-aligned"))
    journal.record(claim("of-app-and-old", "fix-aligned", ended=time.time() - KEPT_SECONDS - 60))
    journal.record(claim("of-lib", "feature/far", "lib"))
    verifier.look()
    assert settled(tmp_path) == {"of-app": "open", "of-app-and-old": "unknown", "of-lib": "not_contained"}
    away.rename(repository)
    verifier.look()
    assert settled(tmp_path)["of-app"] == "open"
    monkeypatch.setattr(module, "RETRY_SECONDS", 0)
    Verifier(journal, git_runner, {"app": repository}, DEADLINE).look()
    assert settled(tmp_path)["of-app"] == "confirmed"


def test_a_claim_that_cannot_be_checked_holds_up_no_other(
    journal: Journal, git_runner: Git, repository: Path, tmp_path: Path
) -> None:
    lost = git(repository, "rev-parse", "feature/far~1")
    (repository / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    for name in ("feature/far", "fix-aligned", "feature/merged"):
        journal.record(claim(name, name))
    Verifier(journal, git_runner, {"app": repository}, DEADLINE).look()
    assert settled(tmp_path) == {
        "feature/far": "open",
        "fix-aligned": "confirmed",
        "feature/merged": "not_contained",
    }


def test_a_repository_in_which_git_hangs_is_left_behind(
    journal: Journal, repository: Path, other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TURN_SECONDS", 0.1)
    slow = tmp_path / "slow-git"
    slow.write_text(f'#!/bin/sh\ncase "$*" in *" {repository} "*) exec sleep 60;; esac\nexec git "$@"\n')
    slow.chmod(0o755)
    runner = Git(str(slow), ENVIRONMENT)
    verifier = Verifier(journal, runner, {"app": repository, "lib": other}, DEADLINE)
    journal.record(claim("first", "fix-aligned"))
    names = [f"second-{number}" for number in range(3)]
    for name in names:
        journal.record(claim(name, "fix-aligned", "lib"))
    while set(settled(tmp_path).values()) != {"open", "confirmed"} or "open" in map(
        settled(tmp_path).get, names
    ):
        verifier.look()
    assert settled(tmp_path)["first"] == "open"
    runner.close()


def test_claims_about_repositories_that_are_not_watched_stay_open(
    journal: Journal, git_runner: Git, repository: Path, tmp_path: Path
) -> None:
    journal.record(claim("a", "fix-aligned", "stranger"))
    Verifier(journal, git_runner, {"app": repository}, DEADLINE).look()
    assert settled(tmp_path) == {"a": "open"}


def test_a_journal_that_cannot_be_used_is_left_to_who_reads_it(
    journal: Journal, git_runner: Git, repository: Path, tmp_path: Path
) -> None:
    verifier = Verifier(journal, git_runner, {"app": repository}, DEADLINE)
    journal.record(claim("a", "fix-aligned"))
    change(journal_path(tmp_path / "state"), "PRAGMA user_version = 99")
    journal.close()
    verifier.look()
    assert settled(tmp_path) == {"a": "open"}
