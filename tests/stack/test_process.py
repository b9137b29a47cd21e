import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from alignwatch.errors import AlignwatchError
from alignwatch.stack.process import Child, end
from support.waiting import wait_until, wait_until_ended

Start = Callable[..., Child]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts children that run a shell script; ends them with the test."""
    children: list[Child] = []

    def start_one(script: str) -> Child:
        log = tmp_path / f"{len(children)}.log"
        children.append(Child("server", ["sh", "-c", script], log, tmp_path))
        return children[-1]

    yield start_one
    end([child for child in children if psutil.pid_exists(child.pid)], grace=0)


def test_runs_in_its_folder_with_its_output_in_its_log(start: Start, tmp_path: Path) -> None:
    child = start("pwd; echo oops >&2")

    wait_until(lambda: child.ended, "its end")
    assert child.last_words() == f"the end of {tmp_path / '0.log'}:\n    {tmp_path}\n    oops"


def test_says_how_it_ended(start: Start) -> None:
    failed, killed, lives = start("echo why; exit 7"), start("kill -9 $$"), start("echo well; exec sleep 60")
    wait_until(lambda: failed.ended and killed.ended, "their end")

    assert f"server (process {failed.pid}) ended with exit code 7; the end of" in failed.how_it_ended()
    assert failed.how_it_ended().endswith("\n    why")
    assert "ended with signal SIGKILL" in killed.how_it_ended()
    assert killed.how_it_ended().endswith("(empty)")
    assert not lives.ended
    assert "runs;" in lives.how_it_ended()


def test_shows_the_last_lines_only_and_nothing_that_steers_a_terminal(start: Start) -> None:
    child = start("seq 10000; printf 'red \\033[31m and \\377\\n'")
    wait_until(lambda: child.ended, "its end")

    assert child.last_words(lines=2).splitlines()[1:] == ["    10000", "    red \\x1b[31m and \\xff"]


def test_ends_children_that_ask_for_nothing_better_and_their_children(start: Start) -> None:
    child = start("sleep 60 & echo $!; wait")
    wait_until(lambda: child.last_words().splitlines()[-1].strip().isdigit(), "the grandchild")
    grandchild = int(child.last_words().splitlines()[-1])

    end([child])

    wait_until_ended(child.pid, grandchild)


def test_kills_what_does_not_end_in_time_and_its_children(start: Start) -> None:
    child = start("trap '' TERM; sleep 60 & echo $!; while :; do sleep 60; done")
    wait_until(lambda: child.last_words().splitlines()[-1].strip().isdigit(), "the grandchild")
    grandchild = int(child.last_words().splitlines()[-1])

    end([child], grace=0.1)

    wait_until_ended(child.pid, grandchild)


def test_ending_what_has_ended_is_no_error(start: Start) -> None:
    child = start("exit 0")
    wait_until(lambda: child.ended, "its end")

    end([child])

    assert not psutil.pid_exists(child.pid)


def test_has_a_process_group_of_its_own_and_no_descriptor_of_ours(start: Start, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w"):
        child = start("ls -l /proc/self/fd; exec sleep 60")
        wait_until(lambda: psutil.Process(child.pid).name() == "sleep", "the sleep")

    assert os.getpgid(child.pid) == child.pid
    assert "secret" not in (tmp_path / "0.log").read_text()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_dies_with_its_parent(tmp_path: Path, how: signal.Signals) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from alignwatch.stack.process import Child\n"
        "folder = Path(sys.argv[1])\n"
        "print(Child('server', ['sleep', '60'], folder / 'log', folder).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        wait_until(lambda: psutil.Process(pid).name() == "sleep", "the child")
        parent.send_signal(how)

    wait_until_ended(pid)


def test_what_cannot_be_started_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AlignwatchError, match=r"server cannot be started: .*setpriv.*util-linux"):
        Child("server", ["true"], tmp_path / "log", tmp_path)
