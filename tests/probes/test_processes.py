import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from alignwatch.probes.processes import GIT_OPERATIONS, ProcessesProbe
from alignwatch.snapshot import AlignmentProcess
from support.repositories import ENVIRONMENT, git
from support.waiting import wait_until

WAIT = "import time; time.sleep(60)\n"


@dataclass
class Detached:
    """Starts processes that are nobody's children, as other people's are."""

    folder: Path
    pids: list[int] = field(default_factory=list)

    def start(self, *command: str | Path, cwd: Path | None = None, **environment: str) -> int:
        """The process id of a command that runs in a session of its own."""
        note = self.folder / f"pid-{len(self.pids)}"
        shell = 'echo $$ > "$0.new" && mv "$0.new" "$0" && exec "$@"'
        subprocess.run(
            ["setsid", "--fork", "sh", "-c", shell, note, *command],
            cwd=cwd or self.folder,
            env=ENVIRONMENT | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        wait_until(note.exists, "the process")
        self.pids.append(int(note.read_text()))
        return self.pids[-1]


@pytest.fixture
def detached(tmp_path: Path) -> Iterator[Detached]:
    started = Detached(tmp_path)
    yield started
    for pid in started.pids:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


@pytest.fixture
def word(tmp_path: Path) -> str:
    """A pattern that no other process of this machine has in its name."""
    return f"align{os.getpid()}x{abs(hash(tmp_path)) % 10**6}"


def seen_in(folder: Path, *patterns: str) -> list[AlignmentProcess]:
    processes = ProcessesProbe(patterns).read().processes
    return [one for one in processes if one.folder and Path(one.folder).is_relative_to(folder)]


def running(name: str, folder: Path) -> bool:
    """Whether a process of this name is at work there."""
    return any(
        one.info["name"] == name and one.info["cwd"] and Path(one.info["cwd"]).is_relative_to(folder)
        for one in psutil.process_iter(["name", "cwd"])
    )


def test_the_operations_are_those_of_the_journal() -> None:
    assert {"rebase", "merge", "cherry-pick", "pull", "am", "revert"} == GIT_OPERATIONS


def test_a_rebase_at_work_counts_once_whatever_it_starts(repository: Path, detached: Detached) -> None:
    git(repository, "checkout", "-q", "feature/far")
    began = time.time()
    pid = detached.start("git", "-C", "app", "rebase", "--exec", "sleep 60", "main")
    wait_until(lambda: running("sleep", repository), "the process")
    (seen,) = seen_in(repository)
    assert (seen.pid, seen.operation, seen.folder) == (pid, "rebase", str(repository))
    assert abs(seen.started - began) < 20


def test_a_pull_hides_the_rebase_it_runs(repository: Path, detached: Detached) -> None:
    git(repository, "checkout", "-q", "feature/far")
    command = ("git", "pull", "--rebase=interactive", ".", "main")
    detached.start(*command, cwd=repository, GIT_SEQUENCE_EDITOR="sleep 60; true")
    wait_until(lambda: running("sleep", repository), "the process")
    assert [one.operation for one in seen_in(repository)] == ["pull"]


def test_a_script_and_the_git_it_runs_elsewhere_are_both_seen(
    repository: Path, detached: Detached, tmp_path: Path, word: str
) -> None:
    git(repository, "checkout", "-q", "feature/far")
    inner, outer = tmp_path / f"{word}-inner.sh", tmp_path / f"{word}.sh"
    inner.write_text(f"git -C {repository} rebase --exec 'sleep 60' main; true\n")
    outer.write_text(f"bash {inner}; true\n")
    pid = detached.start("bash", outer)
    wait_until(lambda: running("sleep", repository), "the process")
    seen = {(one.operation, one.folder) for one in seen_in(tmp_path, word)}
    assert seen == {("alignment", str(tmp_path)), ("rebase", str(repository))}
    assert pid in {one.pid for one in seen_in(tmp_path, word)}


@pytest.mark.parametrize("interpreter", [[], [sys.executable], [sys.executable, "-u"]])
def test_a_script_is_known_by_its_name(
    interpreter: list[str], detached: Detached, tmp_path: Path, word: str
) -> None:
    script = tmp_path / f"Run-{word.upper()}.py"
    script.write_text(f"#!{sys.executable}\n{WAIT}")
    script.chmod(0o755)
    pid = detached.start(*interpreter, script)
    wait_until(lambda: seen_in(tmp_path, word), "the process")
    (seen,) = seen_in(tmp_path, "nothing", word)
    assert (seen.pid, seen.operation, seen.folder) == (pid, "alignment", str(tmp_path))


def test_a_module_is_known_by_its_name(detached: Detached, tmp_path: Path, word: str) -> None:
    (tmp_path / f"{word}.py").write_text(WAIT)
    pid = detached.start(sys.executable, "-m", word)
    wait_until(lambda: seen_in(tmp_path, word), "the process")
    assert [one.pid for one in seen_in(tmp_path, word)] == [pid]


def test_whoever_only_mentions_an_alignment_does_not_count(
    detached: Detached, tmp_path: Path, word: str
) -> None:
    script = tmp_path / f"{word}.py"
    script.write_text(WAIT)
    (tmp_path / "other.py").write_text(WAIT)
    detached.start("tail", "-f", script)
    detached.start(sys.executable, "-c", WAIT, word)
    detached.start(sys.executable, "other.py", script)
    wait_until(lambda: running("tail", tmp_path), "the process")
    assert seen_in(tmp_path, word) == []


def test_git_that_changes_no_history_does_not_count(repository: Path, detached: Detached) -> None:
    command = ("git", "commit", "--allow-empty", "--amend")
    detached.start(*command, cwd=repository, GIT_EDITOR="sleep 60; true")
    wait_until(lambda: running("sleep", repository), "the process")
    assert seen_in(repository) == []


def test_alignwatch_is_no_alignment(detached: Detached, tmp_path: Path) -> None:
    for name in ("alignwatch", "alignwatch.py"):
        (tmp_path / name).write_text(WAIT)
    pids = {
        detached.start(sys.executable, tmp_path / "alignwatch", "serve"),
        detached.start(sys.executable, "-m", "alignwatch", "serve"),
    }
    wait_until(
        lambda: all(psutil.Process(pid).cmdline()[:1] == [sys.executable] for pid in pids), "the process"
    )
    assert pids.isdisjoint(one.pid for one in ProcessesProbe(["align"]).read().processes)


def test_what_we_started_does_not_count(repository: Path) -> None:
    git(repository, "checkout", "-q", "feature/far")
    command = ["git", "-C", os.fspath(repository), "rebase", "-q", "--exec", "sleep 60", "main"]
    with subprocess.Popen(command, env=ENVIRONMENT, start_new_session=True) as ours:
        wait_until(lambda: running("sleep", repository), "the process")
        assert seen_in(repository) == []
        os.killpg(ours.pid, signal.SIGKILL)


def test_what_started_us_does_not_count(detached: Detached, tmp_path: Path, word: str) -> None:
    inner, outer, result = tmp_path / f"{word}.py", tmp_path / f"{word}.sh", tmp_path / "result"
    inner.write_text(
        "from alignwatch.probes.processes import ProcessesProbe\n"
        f"found = ProcessesProbe([{word!r}]).read().processes\n"
        f"print([one for one in found if one.operation == 'alignment'])\n"
    )
    outer.write_text(f"{sys.executable} {inner} > {result}.new; mv {result}.new {result}; sleep 60\n")
    detached.start("bash", outer)
    wait_until(result.exists, "the process")
    assert result.read_text() == "[]\n"
    assert [one.operation for one in seen_in(tmp_path, word)] == ["alignment"]


def test_where_the_folder_may_not_be_known_the_arguments_tell(
    repository: Path, detached: Detached, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: psutil.Process) -> str:
        raise psutil.AccessDenied(self.pid)

    git(repository, "checkout", "-q", "feature/far")
    command = ("rebase", "--exec", "sleep 60", "main")
    named = detached.start("git", "-C", repository, *command)
    wait_until(lambda: running("sleep", repository), "the process")
    monkeypatch.setattr(psutil.Process, "cwd", refuse)
    (seen,) = [one for one in ProcessesProbe([]).read().processes if one.pid == named]
    assert seen.folder == str(repository)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs another user")
def test_another_user_sees_the_process_but_not_its_folder(
    detached: Detached, tmp_path: Path, word: str
) -> None:
    script = tmp_path / f"{word}.py"
    script.write_text(WAIT)
    pid = detached.start(sys.executable, script)
    wait_until(lambda: seen_in(tmp_path, word), "the process")
    code = (
        "from alignwatch.probes.processes import ProcessesProbe\n"
        f"print([(one.pid, one.folder) for one in ProcessesProbe([{word!r}]).read().processes])\n"
    )
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    if "ModuleNotFoundError" in done.stderr or "Permission denied" in done.stderr:
        pytest.skip("the package is not readable for another user")
    assert done.stdout == f"[({pid}, None)]\n", done.stderr


class FakeProcess:
    """A row of a process table."""

    def __init__(self, pid: int, ppid: int | None, *cmdline: str) -> None:
        self.pid = pid
        self._known = {"ppid": ppid, "cmdline": list(cmdline) or None}

    def as_dict(self, fields: Iterable[str]) -> dict[str, Any]:
        return {field: self._known[field] for field in fields}

    def cwd(self) -> str:
        return ""

    def create_time(self) -> float:
        if self.pid == 666:
            raise psutil.NoSuchProcess(self.pid)
        return 1.0


def seen_of(monkeypatch: pytest.MonkeyPatch, *table: FakeProcess) -> list[tuple[int, str]]:
    monkeypatch.setattr(psutil, "process_iter", lambda: iter(table))
    found = ProcessesProbe(["align"]).read().processes
    assert all(one.folder is None for one in found)
    return [(one.pid, one.operation) for one in found]


def test_a_table_that_changes_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = (FakeProcess(100, 101, "sh"), FakeProcess(101, 100, "git", "merge", "a"))
    gone, zombie = FakeProcess(666, 1, "git", "am"), FakeProcess(667, None)
    assert seen_of(monkeypatch, *ring, gone, zombie, FakeProcess(5, 4, "git", "am")) == [(5, "am")]


def test_an_alignment_that_git_runs_is_its_helper(monkeypatch: pytest.MonkeyPatch) -> None:
    table = (
        FakeProcess(10, 1, "git", "rebase", "--exec", "./align-check"),
        FakeProcess(11, 10, "sh", "-c", "./align-check"),
        FakeProcess(12, 11, "./align-check"),
        FakeProcess(13, 12, "git", "merge", "x"),
    )
    assert seen_of(monkeypatch, *table) == [(10, "rebase")]
