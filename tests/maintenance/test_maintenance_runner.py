"""Tasks run for real, in processes of their own; runners are killed for real."""

import os
import random
import shutil
import signal
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from alignwatch.journal.maintenance import Outcome
from alignwatch.journal.running import Running, process
from alignwatch.journal.store import Journal
from alignwatch.maintenance import execution
from alignwatch.maintenance import runner as runner_module
from alignwatch.maintenance.agenda import is_anything_due, sweep, untaken
from alignwatch.maintenance.run_lock import RunLocks
from alignwatch.maintenance.runner import Runner
from alignwatch.maintenance.schedule import task_named
from alignwatch.settings import MaintenanceTask, RunLimits, Window
from alignwatch.state_dir import journal_path
from support.half_done import conflicted_repository
from support.repositories import ENVIRONMENT, git, new_repository
from support.upkeep import (
    PATIENCE,
    command,
    just_passed,
    registered_long_ago,
    run_due,
    run_now,
    settings_with,
    started_runner,
)
from support.waiting import wait_until, wait_until_ended


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "POLL_SECONDS", 0.05)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


class TestDue:
    def test_what_is_due_is_done_once(self, state: Path, tmp_path: Path) -> None:
        mark = command("mark", ["sh", "-c", f"echo ran >> {tmp_path}/log"], schedule=just_passed())
        settings = settings_with(state, mark)
        assert run_due(settings) == []  # nobody has run it before: no slot is older
        with registered_long_ago(settings, 4000) as journal:
            journal.register([], 0)
        with registered_long_ago(settings, 4000) as journal:
            assert is_anything_due(settings, journal, time.time())
            assert run_due(settings) == [Outcome.SUCCESS]
            (run,) = journal.history(5)
            assert run.exit_code == 0
            assert run.due is not None
        assert (tmp_path / "log").read_text() == "ran\n"
        assert run_due(settings) == []

    def test_two_runners_at_once_do_it_once(self, state: Path, tmp_path: Path) -> None:
        tasks = [command(f"mark{n}", ["sh", "-c", f"echo {n} >> {tmp_path}/log"]) for n in range(4)]
        daily = [msgspec.structs.replace(task, schedule=just_passed()) for task in tasks]
        settings = settings_with(state, *daily)
        registered_long_ago(settings, 4000).close()
        threads = [threading.Thread(target=run_due, args=(settings,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted((tmp_path / "log").read_text().split()) == ["0", "1", "2", "3"]

    def test_what_is_not_available_is_skipped(self, state: Path) -> None:
        unknown = MaintenanceTask(task="tidy_up", schedule="* * * * *", any_time=True)
        settings = settings_with(state, unknown)
        with registered_long_ago(settings) as journal:
            assert run_due(settings) == [Outcome.SKIPPED]
            assert journal.history(1)[0].reason.startswith("tidy_up is not available")

    def test_what_was_missed_is_noted_and_not_done(self, state: Path) -> None:
        settings = settings_with(state, command("mark", ["true"], schedule=_hours_ago(2)), grace_seconds=60)
        with registered_long_ago(settings, 10_000) as journal:
            assert run_due(settings) == [Outcome.SKIPPED]
            assert journal.history(1)[0].reason.startswith("missed: due at ")
        assert run_due(settings) == []

    def test_outside_its_window_it_waits_for_the_next_runner(self, state: Path) -> None:
        closed = Window(start=_clock(3600), end=_clock(7200))
        task = command("mark", ["true"], any_time=False)
        settings = settings_with(state, task, windows=(closed,))
        with registered_long_ago(settings) as journal:
            assert not is_anything_due(settings, journal, time.time())
            assert run_due(settings) == []
            assert journal.history(1) == ()
        open_ = Window(start=_clock(-3600), end=_clock(3600))
        assert run_due(settings_with(state, task, windows=(open_,))) == [Outcome.SUCCESS]

    def test_one_broken_repository_does_not_hide_another(self, state: Path, tmp_path: Path) -> None:
        good, gone = new_repository(tmp_path / "good"), tmp_path / "gone"
        task = command("mark", ["true"], repositories=("gone", "good"))
        settings = settings_with(state, task, repositories=(gone, good))
        with registered_long_ago(settings) as journal:
            run_due(settings)
            outcomes = {run.repository: (run.outcome, run.reason) for run in journal.history(9)}
        assert outcomes["good"][0] == "success"
        assert outcomes["gone"][0] == "failed"
        assert "no such folder" in outcomes["gone"][1]


def test_what_a_task_prints_is_heard_while_it_runs(state: Path, tmp_path: Path) -> None:
    # It goes on when it has been heard.
    pause = f"until [ $(wc -l < {tmp_path}/heard) = %d ]; do sleep 0.02; done"
    script = f"printf 'half '; {pause % 1}; printf 'of it\\n'; {pause % 2}; echo rest"
    task = command("talk", ["sh", "-c", script])
    (tmp_path / "heard").touch()
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        (tmp_path / "heard").write_text("\n" * len(heard))

    with closing(Runner(settings_with(state, task), lambda *run: None, hear=hear)) as one:
        one.run_now(task_named(settings_with(state, task), "talk"), "")
    assert heard == ["half", "half of it", "rest"]


class TestLimits:
    def test_what_takes_too_long_is_ended_with_all_that_itstarted_runner(
        self, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(execution, "GRACE_SECONDS", 0.5)
        pid, ready = tmp_path / "pid", tmp_path / "ready"
        script = f"trap '' TERM; sleep 1000 & echo $! > {pid}; echo begun; : > {ready}; wait; sleep 1000"
        task = command("slow", ["sh", "-c", script], limits=RunLimits(seconds=999.5))
        # Its time is over as soon as it has begun, however long that takes.
        clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 999.5 * ready.exists(), sleep=time.sleep)
        monkeypatch.setattr(execution, "time", clock)
        began = time.monotonic()
        ending = run_now(settings_with(state, task), "slow")
        assert (ending.outcome, ending.reason) == (Outcome.TIMEOUT, "ended at its time limit of 999.5 s")
        assert ending.output.startswith("begun")
        assert time.monotonic() - began < PATIENCE
        wait_until_ended(int(pid.read_text()))

    def test_the_program_of_a_task_gives_way_to_others(self, state: Path) -> None:
        limits = RunLimits(nice=17, io_class="best-effort")
        task = command("who", ["sh", "-c", "nice; ionice || true"], limits=limits)
        assert run_now(settings_with(state, task), "who").output.splitlines()[0] == "17"

    def test_only_the_end_of_much_output_is_kept(self, state: Path) -> None:
        task = command("talk", ["sh", "-c", "yes 0123456789 | head -n 100000; echo end"])
        output = run_now(settings_with(state, task), "talk").output
        assert output.endswith("end")
        assert len(output) <= 8192

    def test_what_needs_room_is_not_begun_on_a_full_disk(
        self, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from alignwatch.maintenance import readiness
        from alignwatch.maintenance.task import Needs, Result, Task

        roomy = Task("take room", Needs(room=True), lambda context: Result())
        monkeypatch.setattr(readiness, "load", lambda name: roomy)
        task = command("grow", ["true"], limits=RunLimits(free_disk_percent=100))
        ending = run_now(settings_with(state, task), "grow")
        assert ending.outcome is Outcome.POSTPONED
        assert "100 % are asked for" in ending.reason


class TestFailures:
    @pytest.mark.parametrize(
        ("program", "reason", "code"),
        [
            (["sh", "-c", "exit 7"], "sh ended with exit code 7", 7),
            (["sh", "-c", "kill -9 $$"], "sh ended with SIGKILL", -9),
            (["/nonexistent/program"], "/nonexistent/program cannot be started: No such file", 127),
            (["sh", "-c", "kill -9 $PPID"], "the task broke (SIGKILL)", -9),
        ],
    )
    def test_a_failure_says_how(self, state: Path, program: list[str], reason: str, code: int) -> None:
        ending = run_now(settings_with(state, command("bad", program)), "bad")
        assert ending.outcome is Outcome.FAILED
        assert ending.reason.startswith(reason)
        assert ending.exit_code == code

    def test_a_process_that_cannot_be_started_is_a_failure(
        self, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(execution, "_COMMAND", ("/nonexistent/python",))
        ending = run_now(settings_with(state, command("mark", ["true"])), "mark")
        assert (ending.outcome, ending.exit_code) == (Outcome.FAILED, 1)
        assert "could not be started" in ending.reason

    def test_a_runner_that_is_told_to_end_ends_what_it_runs(self, state: Path, tmp_path: Path) -> None:
        settings = settings_with(
            state, command("slow", ["sh", "-c", f"echo $$ > {tmp_path}/pid; sleep 1000"])
        )
        with registered_long_ago(settings) as journal, started_runner(settings) as started:
            wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), "the command")
            started.terminate()
            assert started.wait(PATIENCE) == 143
            (run,) = journal.history(5)
        assert run.outcome == "failed"
        assert run.reason.startswith("whoever ran it was told to end")
        wait_until_ended(int((tmp_path / "pid").read_text()))


class TestQuiet:
    def test_it_waits_for_the_end_of_somebodys_work(self, state: Path, tmp_path: Path) -> None:
        repository, worktree = conflicted_repository(tmp_path, linked=False)
        task = command("pack", ["true"], repositories=("app",))
        settings = settings_with(state, task, repositories=(repository,), patience_seconds=PATIENCE)
        git(worktree, "merge", "main", check=False)
        with registered_long_ago(settings) as journal:
            thread = threading.Thread(target=run_due, args=(settings,))
            thread.start()
            wait_until(journal.unfinished, "the run")
            assert journal.unfinished()[0].started is None
            # In a session of its own it is somebody's until it has ended, to the runner as to the run.
            abort = ["git", "-C", str(worktree), "merge", "--abort"]
            subprocess.run(abort, env=ENVIRONMENT, start_new_session=True, check=True)
            thread.join()
            assert journal.history(1)[0].outcome == "success"

    def test_it_is_put_off_when_its_patience_is_over(self, state: Path, tmp_path: Path) -> None:
        repository, worktree = conflicted_repository(tmp_path, linked=False)
        task = command("pack", ["true"], repositories=("app",))
        settings = settings_with(state, task, repositories=(repository,), patience_seconds=0.2)
        git(worktree, "merge", "main", check=False)
        with registered_long_ago(settings) as journal:
            assert run_due(settings) == [Outcome.POSTPONED]
            assert journal.history(1)[0].reason.startswith(f"merge in progress in {worktree}")

    def test_it_is_put_off_when_its_window_closes_meanwhile(
        self, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repository, worktree = conflicted_repository(tmp_path, linked=False)
        task = command("pack", ["true"], repositories=("app",))
        settings = settings_with(state, task, repositories=(repository,), patience_seconds=PATIENCE)
        git(worktree, "merge", "main", check=False)
        open_ = iter([True, True])
        monkeypatch.setattr(runner_module, "is_open", lambda *arguments: next(open_, False))
        with registered_long_ago(settings) as journal:
            assert run_due(settings) == [Outcome.POSTPONED]
            assert journal.history(1)[0].reason.startswith("its window closed while it waited")

    def test_it_is_put_off_when_its_grace_is_over_meanwhile(
        self, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repository, worktree = conflicted_repository(tmp_path, linked=False)
        task = command("pack", ["true"], repositories=("app",))
        settings = settings_with(state, task, repositories=(repository,), patience_seconds=PATIENCE)
        git(worktree, "merge", "main", check=False)
        late = iter([None, None])
        monkeypatch.setattr(runner_module, "why_skipped", lambda *arguments: next(late, "missed"))
        with registered_long_ago(settings) as journal:
            assert run_due(settings) == [Outcome.POSTPONED]
            assert journal.history(1)[0].reason.startswith("missed")

    def test_an_alignment_in_flight_holds_it_back(self, state: Path, tmp_path: Path) -> None:
        repository = new_repository(tmp_path / "app")
        settings = settings_with(
            state, command("pack", ["true"], repositories=("app",)), repositories=(repository,)
        )
        flying = Running("o-1", "app", "align", "x", "main", time.time() - 60, "api", process(os.getpid()))
        with Journal(journal_path(state)) as journal:
            journal.begin(flying)
            assert run_now(settings, "pack", "app").reason.startswith("align of x has begun")
            journal.withdraw("app", "o-1")
        assert run_now(settings, "pack", "app").outcome is Outcome.SUCCESS

    @pytest.mark.parametrize("lock", ["index.lock", "gc.pid", "objects/maintenance.lock"])
    def test_a_lock_holds_it_back_until_it_is_stale(self, state: Path, tmp_path: Path, lock: str) -> None:
        repository = new_repository(tmp_path / "app")
        settings = settings_with(
            state, command("pack", ["true"], repositories=("app",)), repositories=(repository,)
        )
        path = repository / ".git" / lock
        path.write_text(f"1 {os.uname().nodename}")
        assert f"{lock} is locked for" in run_now(settings, "pack", "app").reason
        os.utime(path, (0, 0))
        assert run_now(settings, "pack", "app").outcome is Outcome.SUCCESS

    def test_another_maintenance_run_holds_it_back(self, state: Path, tmp_path: Path) -> None:
        settings = settings_with(state, command("mark", ["true"]))
        with RunLocks(state).held("") as lock:
            assert lock is not None
            assert run_now(settings, "mark").reason == "another maintenance run is at work in it"

    def test_a_work_tree_that_is_not_there_holds_nothing_back(self, state: Path, tmp_path: Path) -> None:
        repository, worktree = conflicted_repository(tmp_path, linked=True)
        settings = settings_with(
            state, command("pack", ["true"], repositories=("app",)), repositories=(repository,)
        )
        shutil.rmtree(worktree)
        worktree.mkdir()  # As where a disk is not mounted.
        assert run_now(settings, "pack", "app").outcome is Outcome.SUCCESS

    def test_a_git_that_changes_the_repository_holds_it_back(self, state: Path, tmp_path: Path) -> None:
        repository = new_repository(tmp_path / "app")
        settings = settings_with(
            state, command("pack", ["true"], repositories=("app",)), repositories=(repository,)
        )
        reading = subprocess.Popen(
            ["git", "-C", str(repository), "fast-import"], stdin=subprocess.PIPE, start_new_session=True
        )
        try:
            wait_until(lambda: Path(f"/proc/{reading.pid}/cwd").readlink() == repository, "the folder")
            assert "git fast-import runs in" in run_now(settings, "pack", "app").reason
        finally:
            reading.communicate(b"")
        assert run_now(settings, "pack", "app").outcome is Outcome.SUCCESS


def test_a_clock_that_was_ahead_keeps_no_task_from_being_due(state: Path) -> None:
    settings = settings_with(state, command("mark", ["true"], schedule="* * * * *"))
    with registered_long_ago(settings, -400 * 86_400) as journal:
        assert run_due(settings) == []
        assert [slot.task.name for slot in untaken(settings, journal, time.time() + 61)] == ["mark"]


class TestOver:
    """What a run has left behind when it has ended."""

    def test_a_program_that_has_gone_its_own_way_keeps_no_lock(self, state: Path, tmp_path: Path) -> None:
        pid = tmp_path / "pid"
        background = f"setsid sh -c 'echo $$ > {pid}; exec sleep 60' & while [ ! -s {pid} ]; do :; done"
        settings = settings_with(state, command("start", ["sh", "-c", background]))
        try:
            assert run_now(settings, "start").outcome is Outcome.SUCCESS
            assert not RunLocks(state).is_held("")
        finally:
            os.kill(int(pid.read_text()), signal.SIGKILL)

    def test_a_signal_without_a_name_has_a_number(self, state: Path) -> None:
        number = signal.SIGRTMIN + 3
        settings = settings_with(state, command("end", ["sh", "-c", f"kill -{number} $$"]))
        assert run_now(settings, "end").reason == f"sh ended with signal {number}"

    def test_a_path_that_cannot_be_passed_on_fails_the_run_alone(self, state: Path, tmp_path: Path) -> None:
        repository = new_repository(tmp_path / os.fsdecode(b"caf\xe9"))
        settings = settings_with(
            state, command("pack", ["true"], repositories=("app",)), repositories=(repository,)
        )
        ending = run_now(settings, "pack", "app")
        assert ending.outcome is Outcome.FAILED
        assert "a repository's path is not UTF-8; rename the folder" in ending.reason


class TestTryOut:
    def test_a_dry_run_changes_nothing_and_is_not_noted(self, state: Path, tmp_path: Path) -> None:
        settings = settings_with(state, command("mark", ["touch", str(tmp_path / "made")]))
        said: list[str] = []
        one = Runner(settings, lambda task, repository, ending: said.append(ending.output))
        assert one.try_out(task_named(settings, "mark"), "") is Outcome.SUCCESS
        with RunLocks(state).held(""):
            assert one.try_out(task_named(settings, "mark"), "") is Outcome.POSTPONED
        one.close()
        assert said[0] == f"would run touch {tmp_path / 'made'}"
        assert not (tmp_path / "made").exists()
        assert not journal_path(state).exists()


class TestKilled:
    def test_a_runner_killed_at_any_moment_forgets_nothing_and_repeats_nothing(
        self, state: Path, tmp_path: Path
    ) -> None:
        repository = new_repository(tmp_path / "app")
        names = ("one", "two")
        script = "!echo {} >> {}; sleep 0.2"
        moments = random.Random(7)
        for trial in range(10):
            folder, log = state / str(trial), tmp_path / f"log{trial}"
            log.touch()
            tasks = [
                command(
                    name,
                    ["git", "-c", f"alias.work={script.format(name, log)}", "work"],
                    repositories=("app",),
                    schedule=just_passed(),
                )
                for name in names
            ]
            settings = settings_with(folder, *tasks, repositories=(repository,), patience_seconds=PATIENCE)
            with registered_long_ago(settings, 4000) as journal:
                with started_runner(settings):
                    time.sleep(moments.uniform(0.2, 1.6))
                wait_until(lambda: not RunLocks(folder).is_held("app"), "a free lock")  # noqa: B023
                run_due(settings)
                runs = journal.history(9)
            begun = log.read_text().split()
            assert len(begun) == len(set(begun)), "a slot ran twice"
            assert sorted(run.task for run in runs) == sorted(names), "a slot was forgotten"
            assert {run.outcome for run in runs} <= {"success", "crashed"}
            assert {run.task for run in runs if run.outcome == "success"} <= set(begun)
        assert run_now(settings, "one", "app").outcome is Outcome.SUCCESS, "a lock was left"

    def test_the_lock_is_held_while_something_of_the_run_is_at_work(
        self, state: Path, tmp_path: Path
    ) -> None:
        stubborn = f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.1; done"
        settings = settings_with(state, command("slow", ["sh", "-c", stubborn]))
        with registered_long_ago(settings) as journal, started_runner(settings) as started:
            wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), "the command")
            started.kill()
            started.wait()
            assert sweep(journal, RunLocks(state), time.time()) == ()
            assert journal.unfinished()[0].started is not None
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
            wait_until(lambda: not RunLocks(state).is_held(""), "a free lock")
            assert [run.task for run in sweep(journal, RunLocks(state), time.time())] == ["slow"]
            assert journal.history(1)[0].outcome == "crashed"


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M", time.gmtime(time.time() + seconds))


def _hours_ago(hours: float) -> str:
    passed = time.gmtime(time.time() - hours * 3600)
    return f"{passed.tm_min} {passed.tm_hour} * * *"
