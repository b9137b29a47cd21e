"""What a run's own process makes of its task, without the process."""

from pathlib import Path

import msgspec
import pytest

from alignwatch.maintenance import child
from alignwatch.maintenance.order import Order, Sent
from alignwatch.maintenance.schedule import task_named
from alignwatch.maintenance.task import Context, Needs, PostponedError, Result, SkippedError, Task, TaskError
from support.half_done import conflicted_repository
from support.repositories import git
from support.upkeep import command, settings_with


def order(state: Path, repository: Path) -> Sent:
    task = command("mark", ["true"], repositories=("app",))
    settings = settings_with(state, task, repositories=(repository,))
    what = Order(settings=settings, task=task_named(settings, "mark"), repository="app", dry_run=False)
    return Sent(order=what, lock=0, report=1)


def test_who_begins_to_work_meanwhile_is_not_disturbed(tmp_path: Path) -> None:
    repository, worktree = conflicted_repository(tmp_path, linked=True)
    sent = order(tmp_path / "state", repository)
    assert child._perform(sent).outcome == "success"
    git(worktree, "rebase", "main", check=False)
    report = child._perform(sent)
    assert (report.outcome, report.exit_code) == ("postponed", 0)
    assert report.reason.startswith(f"rebase in progress in {worktree}")


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (PostponedError("why"), "postponed", 0),
        (SkippedError("why"), "skipped", 0),
        (TaskError("why", 7), "failed", 7),
        (OSError(28, "why"), "failed", 1),
        (child._ToldToEndError(), "failed", -15),
    ],
)
def test_how_a_task_ends_is_reported(
    error: BaseException, outcome: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(context: Context) -> Result:
        raise error

    monkeypatch.setattr(child, "load", lambda name: Task("fail", Needs(), fail))
    report = child._perform(order(tmp_path / "state", tmp_path))
    assert (report.outcome, report.exit_code, bool(report.reason)) == (outcome, code, True)


def test_a_summary_is_printed_and_what_was_freed_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = Result(500, ("all of it",))
    monkeypatch.setattr(child, "load", lambda name: Task("free", Needs(), lambda context: result))
    assert child._perform(order(tmp_path / "state", tmp_path)).freed_bytes == 500
    assert capsys.readouterr().out == "all of it\n"


@pytest.mark.parametrize(
    ("expected", "own", "missing", "reason"),
    [
        (0, 0, 0, ""),
        (500, 0, 0, ""),
        (2548, 0, 2048, "2.0 KiB less was freed than should be"),
        (600, 300, 300, "300 B less was freed than should be"),
    ],
)
def test_what_should_have_been_freed_besides_is_reported(
    expected: int, own: int, missing: int, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = Result(500, (), own)
    monkeypatch.setattr(child, "load", lambda name: Task("free", Needs(), lambda context: result))
    sent = order(tmp_path / "state", tmp_path)
    task = msgspec.structs.replace(sent.order.task, expected_freed_bytes=expected)
    sent = msgspec.structs.replace(sent, order=msgspec.structs.replace(sent.order, task=task))
    report = child._perform(sent)
    assert (report.outcome, report.shortfall_bytes, report.reason) == ("success", missing, reason)
    # A trial frees nothing, and is not reproached with it.
    sent = msgspec.structs.replace(sent, order=msgspec.structs.replace(sent.order, dry_run=True))
    assert child._perform(sent).shortfall_bytes == 0
