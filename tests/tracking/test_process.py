"""Signals and time limits, through the real command."""

import os
import signal
import sys
from pathlib import Path

import pytest

from alignwatch.tracking import process as tracked_process
from alignwatch.tracking.process import Ended, Meanwhile, NotRunError, run, signals_held
from support.tracked import recorded, start, track, waiting
from support.waiting import wait_until_ended

ASK_TO_END = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]

COUNTING = """
import signal, sys, time
came = []
signal.signal(signal.{name}, lambda number, frame: came.append(number))
print("ready", flush=True)
while not came:
    time.sleep(0.01)
time.sleep(0.2)
print(len(came), flush=True)
sys.exit({code})
"""
"""Says how often a signal came."""


@pytest.mark.parametrize("number", ASK_TO_END)
@pytest.mark.parametrize("limit", [(), ("--timeout", "60")])
def test_a_signal_is_passed_on_and_ends_it_as_cancelled(
    repository: Path, number: signal.Signals, limit: tuple[str, ...]
) -> None:
    process = start(repository, *limit, "--", *waiting())
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.communicate()
    assert process.returncode == 128 + number
    assert recorded("outcome", "exit_code") == [("cancelled", 128 + number)]


@pytest.mark.parametrize(("code", "outcome"), [(0, "success"), (5, "cancelled")])
def test_a_command_that_handles_the_signal_decides_itself(repository: Path, code: int, outcome: str) -> None:
    process = start(repository, "--", sys.executable, "-c", COUNTING.format(name="SIGTERM", code=code))
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate()[0] == "1\n"
    assert process.returncode == code
    assert recorded("outcome") == [outcome]


def test_a_command_killed_by_somebody_else_was_cancelled(repository: Path) -> None:
    assert track(repository, "--", "sh", "-c", "kill -KILL $$") == 137
    assert recorded("outcome", "exit_code") == [("cancelled", 137)]


def test_signals_that_were_ignored_stay_ignored(repository: Path) -> None:
    def ignore_hangup() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)

    process = start(
        repository, "--", "sh", "-c", "echo ready; read line; exit 3", preexec_fn=ignore_hangup, stdin=-1
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGHUP)
    process.communicate("go on\n")
    assert process.returncode == 3
    assert recorded("outcome") == ["failed"]


def test_the_command_has_our_signal_dispositions_not_pythons(repository: Path) -> None:
    script = "grep -E '^Sig(Blk|Ign)' /proc/self/status"
    process = start(repository, "--", "sh", "-c", script)
    output, _ = process.communicate()
    blocked, ignored = (int(line.split()[1], 16) for line in output.splitlines())
    assert blocked == 0
    assert not ignored & (1 << (signal.SIGPIPE - 1))


def test_without_a_limit_the_command_stays_in_our_process_group(repository: Path) -> None:
    script = "import os; print(os.getpgrp() == os.getpgid(os.getppid()))"
    for limit, shared in (((), "True\n"), (("--timeout", "60"), "False\n")):
        process = start(repository, *limit, "--", sys.executable, "-c", script)
        assert process.communicate()[0] == shared


def test_a_limit_that_is_kept_changes_nothing(repository: Path) -> None:
    assert track(repository, "--timeout", "60", "--", "sh", "-c", "exit 3") == 3
    assert recorded("outcome") == ["failed"]


def test_a_limit_ends_the_whole_process_group(repository: Path, tmp_path: Path) -> None:
    note = tmp_path / "note"
    script = 'sleep 60 & echo $! > "$1"; wait'
    assert track(repository, "--timeout", "3", "--", "sh", "-c", script, "sh", str(note)) == 124
    assert recorded("outcome", "exit_code") == [("timeout", 124)]
    wait_until_ended(int(note.read_text()))


def test_who_does_not_end_when_asked_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracked_process, "_GRACE_SECONDS", 0.1)
    note = tmp_path / "note"
    stubborn = 'trap "" TERM; sleep 60 & echo $! > "$1"; wait; wait'
    with signals_held() as mask:
        ended = run_in(mask, "sh", "-c", stubborn, "sh", str(note), timeout=3)
    assert (ended.exit_code, ended.timed_out, ended.killed) == (124, True, True)
    wait_until_ended(int(note.read_text()))


def test_a_child_that_outlives_the_command_is_killed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracked_process, "_GRACE_SECONDS", 0.2)
    note = tmp_path / "note"
    stubborn_child = '(trap "" TERM; exec sleep 60) & echo $! > "$1"; wait'
    with signals_held() as mask:
        ended = run_in(mask, "sh", "-c", stubborn_child, "sh", str(note), timeout=3)
    assert ended.timed_out
    wait_until_ended(int(note.read_text()))


def test_what_was_used_is_what_the_command_and_its_children_used() -> None:
    grandchild = "b = bytearray(100 << 20); sum(range(3_000_000))"
    with signals_held() as mask:
        ended = run_in(mask, "sh", "-c", '"$0" -c "$1"; true', sys.executable, grandchild)
    assert ended.resources.peak_memory_bytes > 100 << 20
    assert ended.resources.cpu_seconds > 0.01
    assert ended.duration > 0.01


def test_blocks_that_went_to_a_device_are_counted(tmp_path: Path) -> None:
    script = f"dd if=/dev/zero of={tmp_path}/file bs=64k count=16 conv=fsync 2>/dev/null"
    with signals_held() as mask:
        ended = run_in(mask, "sh", "-c", script)
    on_a_device = os.major(tmp_path.stat().st_dev) != 0
    assert ended.resources.io_operations >= (2048 if on_a_device else 0)


def test_signals_are_as_before_afterwards() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with pytest.raises(NotRunError) as failure, signals_held() as mask:
        assert signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        run_in(mask, "/no/such/command")
    assert failure.value.shell_code == 127
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def run_in(mask: set[signal.Signals | int], *command: str, timeout: float | None = None) -> Ended:
    return run(command, mask, os.environ, Meanwhile(lambda: None, lambda: None), timeout)
