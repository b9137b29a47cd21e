"""``alignwatch record`` as the alignment code's scripts call it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from alignwatch.cli import record as verb
from alignwatch.errors import UsageError
from alignwatch.journal.store import Journal, RegisteredRepository
from support.journals import query
from support.tracked import journal_file, recorded


def result(operation_id: str = "align-20260112-120000-001", **changes: Any) -> dict[str, Any]:
    run = {
        "operation_id": operation_id,
        "feature_branch": "feature/auth-system",
        "primary_target": "main",
        "status": "completed",
        "start_time": "2026-01-12T12:00:00Z",
        "duration_seconds": 300,
    }
    return {
        "alignment_operation": run | changes,
        "performance_metrics": {"breakdown": {"rebase_operation": 180, "conflict_resolution": 120}},
    }


def record(
    folder: Path, *arguments: str, stdin: object = None, code: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "alignwatch", "record", *arguments],
        cwd=folder,
        input=stdin if isinstance(stdin, str) else json.dumps(stdin),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


def test_results_are_recorded_once_however_often_they_are_sent(repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text(json.dumps([result("a"), result("b", status="aborted")]))
    assert record(repository, str(file)).stdout == "recorded: a\nrecorded: b\n"
    again = record(repository, "-", stdin=[result("b", status="failed"), result("c")])
    assert again.stdout == "already there: b\nrecorded: c\n"
    assert recorded("operation_id", "repository", "operation", "branch", "target", "outcome", "source") == [
        (one, "app", "align", "feature/auth-system", "main", outcome, "record")
        for one, outcome in (("a", "success"), ("b", "aborted"), ("c", "success"))
    ]
    with Journal(journal_file()) as journal:
        reading = journal.read(300, 0)
    assert sum(total.number for total in reading.totals) == 3
    assert [(total.phase, total.number, total.seconds) for total in reading.phases] == [
        ("conflict_resolution", 3, 360),
        ("rebase_operation", 3, 540),
    ]
    assert reading.waiting[0][2:] == (3, 360)


def test_if_anything_is_wrong_nothing_is_recorded(repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text(json.dumps([result("good"), result("bad", duration_seconds=-1)]))
    done = record(repository, str(file), code=2)
    assert done.stdout == ""
    assert done.stderr == (
        f"alignwatch record: {file}: [1].alignment_operation.duration_seconds: Expected `float` >= 0.0; "
        "nothing of it is recorded\n"
    )
    assert query(journal_file(), "SELECT count(*) FROM operations") == [0]


def test_the_repository_is_named_by_path_or_by_its_watched_name(repository: Path, tmp_path: Path) -> None:
    with Journal(journal_file()) as journal:
        journal.register_repositories(
            [RegisteredRepository("watched", repository, repository / ".git", ("main",))]
        )
    record(tmp_path, "--repository", "./app", "-", stdin=result("a"))
    record(tmp_path, "--repository", "watched", "-", stdin=result("b"))
    assert set(recorded("repository")) == {"watched"}
    done = record(tmp_path, "--repository", "nobody", "-", stdin=result("c"), code=2)
    assert done.stderr.startswith("alignwatch record: nobody is no git repository; ")


def test_an_id_cannot_steer_the_terminal(repository: Path) -> None:
    assert record(repository, "-", stdin=result("\x1b[2J\n")).stdout == "recorded: \\x1b[2J\\n\n"


def test_a_file_that_cannot_be_read_is_said(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = record(repository, "/no/such/file", code=2)
    assert done.stderr == (
        "alignwatch record: /no/such/file cannot be read: No such file or directory; "
        "give the path of a file, or -\n"
    )


def test_a_file_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verb, "_MOST_BYTES", 1 << 20)
    arguments = verb.parser("alignwatch record").parse_args(["/dev/zero"])
    with pytest.raises(UsageError, match="/dev/zero has more than 1 MiB; send it in parts"):
        verb.run(arguments)


def test_a_journal_that_cannot_be_written_is_said(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where the folder should be")
    arguments = ("--state-dir", str(tmp_path / "blocked"), "-")
    done = record(repository, *arguments, stdin=result(), code=1)
    assert "blocked/journal.sqlite3: the journal cannot be used" in done.stderr
    assert done.stdout == ""


def test_help_says_what_each_status_means(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        verb.parser("alignwatch record").parse_args(["--help"])
    shown = capsys.readouterr().out
    from alignwatch.tracking.result import OUTCOMES, UNFINISHED

    assert all(status in shown for status in (*OUTCOMES, *UNFINISHED))
