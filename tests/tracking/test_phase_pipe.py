"""Phases that a tracked command reports, through the real command."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from alignwatch.journal.store import Journal
from alignwatch.operation import RESOLUTION
from alignwatch.tracking import command
from alignwatch.tracking.command import Request
from alignwatch.tracking.process import Ended, Meanwhile, run
from support.journals import query
from support.tracked import environment, journal_file, recorded, start, track

SAY = 'say() { echo "$@" >> "${ALIGNWATCH_PHASES:-/dev/null}"; };'


def phases() -> list[tuple[str, float]]:
    return query(journal_file(), "SELECT phase, seconds FROM phases ORDER BY position")


def run_script(repository: Path, script: str, *options: str) -> str:
    """Runs it tracked; returns what came on standard error."""
    process = start(repository, *options, "--", "sh", "-c", SAY + script)
    _, errors = process.communicate()
    assert process.returncode == 0
    return errors


def run_pausing(repository: Path, before: str, after: str) -> None:
    """Runs two scripts tracked, the second one 0.3 s after the tracker has taken what the first one said."""
    script = f"{SAY}{before}; say nonsense; read line; {after}"
    process = start(repository, "--", "sh", "-c", script, stdin=subprocess.PIPE)
    assert process.stderr is not None
    assert "'nonsense'" in process.stderr.readline()
    time.sleep(0.3)
    assert process.communicate("go on\n")[1] == ""
    assert process.returncode == 0


def test_a_shell_script_says_its_phases(repository: Path) -> None:
    run_pausing(repository, "say begin rebase", "say begin inner; say end; say end rebase; say begin rest")
    (rebase, rebase_seconds), (inner, inner_seconds), (rest, rest_seconds) = phases()
    assert (rebase, inner, rest) == ("rebase", "inner", "rest")
    assert rebase_seconds >= 0.3
    assert 0 <= inner_seconds < rebase_seconds
    assert rest_seconds >= 0
    assert recorded("waiting", "outcome") == [(0, "success")]


def test_they_come_from_anything_below_the_command_that_inherits_no_files(repository: Path) -> None:
    inner = "import os; open(os.environ['ALIGNWATCH_PHASES'], 'w').write('begin deep\\nend deep\\n')"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}], check=True)"
    assert track(repository, "--", sys.executable, "-c", outer) == 0
    assert [name for name, _ in phases()] == ["deep"]


def test_resolving_conflicts_is_waiting_and_no_work(repository: Path) -> None:
    run_pausing(repository, f"say begin work; say begin {RESOLUTION}", "say end; say end")
    ((duration, waiting, started, ended),) = recorded("duration", "waiting", "started", "ended")
    assert waiting >= 0.3
    assert ended == pytest.approx(started + duration + waiting)
    seconds = dict(phases())
    assert seconds[RESOLUTION] == pytest.approx(waiting)
    assert seconds["work"] <= duration


def test_what_is_read_after_the_end_was_said_before_it(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_unheard(what: Any, mask: Any, environment: Any, meanwhile: Meanwhile, timeout: Any) -> Ended:
        return run(what, mask, environment, meanwhile._replace(listen=lambda: None), timeout)

    monkeypatch.setattr(command, "run", run_unheard)
    script = f"{SAY} say begin work; say end; say begin rest"
    with Journal(journal_file()) as journal:
        command.track(Request(("sh", "-c", script), repository=str(repository)), journal)
    assert phases() == [("work", 0.0), ("rest", 0.0)]


def test_a_time_limit_and_phases_get_along(repository: Path) -> None:
    process = start(repository, "--timeout", "3", "--", "sh", "-c", f"{SAY} say begin rebase; sleep 60")
    process.communicate()
    assert process.returncode == 124
    ((name, seconds),) = phases()
    assert name == "rebase"
    assert seconds >= 0.3


def test_a_command_that_never_stops_talking_does_not_outlive_its_limit(repository: Path) -> None:
    script = f"{SAY} while :; do say begin a; say end a; done"
    process = start(repository, "--timeout", "3", "--", "sh", "-c", script)
    process.communicate()
    assert process.returncode == 124
    assert 0 < len(phases()) <= 1000


@pytest.mark.parametrize(
    "lines",
    [
        "nonsense",
        "begin",
        "begin ",
        "end never-begun",
        "end",
        "begin \x1b[2J",
        "begin " + "x" * 5000,
        "\\0377",
    ],
)
def test_lines_that_cannot_be_used_are_ignored_with_one_warning(repository: Path, lines: str) -> None:
    errors = run_script(repository, f"printf '{lines}\\n{lines}\\n' >> $ALIGNWATCH_PHASES; say begin good")
    (warning,) = errors.splitlines()
    assert warning.startswith("alignwatch: ignored what is no 'begin NAME' or 'end NAME' of a phase")
    assert warning.isprintable()
    assert [name for name, _ in phases()] == ["good"]


def test_a_flood_blocks_nobody(repository: Path) -> None:
    errors = run_script(repository, "head -c 5000000 /dev/zero >> $ALIGNWATCH_PHASES; echo done >&2")
    assert errors.endswith("done\n") or "\ndone\n" in errors
    assert recorded("outcome") == ["success"]


def test_a_script_of_ours_runs_untracked_too() -> None:
    bare = {name: value for name, value in environment().items() if name != "ALIGNWATCH_PHASES"}
    done = subprocess.run(
        ["sh", "-e", "-c", f"{SAY} say begin rebase; say end"], env=bare, capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def test_a_tracked_command_inside_another_has_a_pipe_of_its_own(repository: Path) -> None:
    inner = f"{sys.executable} -m alignwatch track -- sh -c 'echo begin inner >> $ALIGNWATCH_PHASES'"
    run_script(repository, f"say begin outer; {inner}; say end outer")
    outer_id, inner_id = recorded("operation_id")
    owners = dict(query(journal_file(), "SELECT phase, operation_id FROM phases"))
    assert owners == {"outer": outer_id, "inner": inner_id}


def test_the_command_inherits_no_file_of_ours(repository: Path) -> None:
    process = start(repository, "--", "sh", "-c", "ls /proc/$$/fd")
    output, _ = process.communicate()
    assert set(output.split()) == {"0", "1", "2"}
