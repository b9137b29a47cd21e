"""Runners at once, and runners that are killed while a git of theirs is at work."""

import random
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import psutil
import pytest

from alignwatch.git.locks import find_locks
from alignwatch.git.repository import open_repository
from alignwatch.journal.maintenance import MaintenanceJournal, Outcome
from alignwatch.maintenance import execution
from alignwatch.maintenance import runner as runner_module
from alignwatch.maintenance.run_lock import RunLocks
from alignwatch.settings import GitMaintenance, MaintenanceTask, Monitoring, RunLimits, Settings, Thresholds
from support.repositories import git, import_history, linear, new_repository
from support.upkeep import (
    PATIENCE,
    just_passed,
    registered_long_ago,
    run_due,
    run_now,
    settings_with,
    started_runner,
)
from support.waiting import wait_until

TASKS = ("git_maintenance", "commit_graph")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    made = new_repository(tmp_path / "app")
    import_history(made, linear("c", 5), {"main": "c4", "other": "c2"})
    git(made, "repack", "--quiet", "-d")
    import_history(made, linear("d", 5), {"more": "d4"})
    return made


def settings_for(
    folder: Path, app: Path, *names: str, limits: RunLimits | None = None, **changes: Any
) -> Settings:
    tasks = [
        MaintenanceTask(task=name, schedule=just_passed(), any_time=True, limits=limits) for name in names
    ]
    settings = settings_with(folder, *tasks, repositories=(app,), patience_seconds=PATIENCE, **changes)
    monitoring = Monitoring(alert_thresholds=Thresholds(lock_age_seconds=0.01))
    return msgspec.structs.replace(settings, monitoring=monitoring)


class SlowGit:
    """git whose children that write, but not itself, each take a while before they begin."""

    def __init__(self, folder: Path, seconds: float) -> None:
        programs = folder / "programs"
        programs.mkdir(parents=True)
        self._log = folder / "children"
        self._log.touch()
        real = Path(git(folder, "--exec-path"))
        for program in real.iterdir():
            (programs / program.name).symlink_to(program)
        slow = programs / "git"
        slow.unlink(missing_ok=True)
        slow.write_text(
            f"""#!/bin/sh
            if [ "$2" != verify ]; then echo >> {self._log}; sleep {seconds}; fi
            exec {real}/git "$@"
            """
        )
        slow.chmod(slow.stat().st_mode | stat.S_IXUSR)
        self.environment = {"GIT_EXEC_PATH": str(programs)}

    def has_children(self) -> bool:
        """Whether one has begun."""
        return bool(self._log.stat().st_size)

    def forget(self) -> None:
        """As if none had begun."""
        self._log.write_text("")


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        # Some end of themselves meanwhile.
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes)


def test_a_runner_killed_while_git_is_at_work_forgets_nothing_repeats_nothing_and_blocks_nothing(
    app: Path, tmp_path: Path
) -> None:
    slow, slower, moments = SlowGit(tmp_path / "1", 0.15), SlowGit(tmp_path / "2", 1), random.Random(7)
    gc_is_at_work = (app / ".git" / "gc.pid").exists
    held = git(app, "for-each-ref"), git(app, "rev-list", "--objects", "--all", "--in-commit-order")
    left: set[str] = set()
    for trial in range(10):
        folder = tmp_path / f"state{trial}"
        gc = trial % 3 == 1
        work = GitMaintenance(tasks=("gc",)) if gc else GitMaintenance()
        settings = settings_for(folder, app, "git_maintenance", git_maintenance=work)
        slow.forget()
        with registered_long_ago(settings, 4000) as journal:
            with started_runner(settings, (slower if gc else slow).environment) as started:
                wait_until(gc_is_at_work if gc else slow.has_children, "git")
                time.sleep(moments.uniform(0, 0.5))
                runner = psutil.Process(started.pid)
                below = runner.children(recursive=True)
                # The runner alone; or, as when the power fails, all at once.
                kill([runner, *below] if trial % 2 else [runner])
            wait_until(lambda: not RunLocks(folder).is_held("app"), "a free lock")  # noqa: B023
            left |= {lock.kind for lock in find_locks(open_repository(app))}
            run_due(settings)
            (run,) = journal.history(9)
            assert run.outcome in ("crashed", "success")
        assert run_now(settings, "git_maintenance", "app").outcome is Outcome.SUCCESS
        assert find_locks(open_repository(app)) == ()
        assert not list((app / ".git" / "objects" / "pack").glob("tmp_*"))
    assert {"maintenance", "gc"} <= left
    assert held == (git(app, "for-each-ref"), git(app, "rev-list", "--objects", "--all", "--in-commit-order"))


def test_git_and_its_children_give_way_and_end_in_time(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, late = SlowGit(tmp_path, 300), threading.Event()
    for name, value in slow.environment.items():
        monkeypatch.setenv(name, value)
    # Its time is over as soon as we have seen it at work, however long that takes.
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 1000 * late.is_set(), sleep=time.sleep)
    monkeypatch.setattr(execution, "time", clock)
    limits = RunLimits(seconds=1000, nice=17, io_class="idle")
    settings = settings_for(tmp_path / "state", app, "git_maintenance", limits=limits)
    with registered_long_ago(settings, 4000) as journal:
        others = psutil.Process().children(recursive=True)
        thread = threading.Thread(target=run_due, args=(settings,))
        thread.start()
        try:
            wait_until(slow.has_children, "git")
            gits = [
                one
                for one in psutil.Process().children(recursive=True)
                if one not in others and one.name() in ("git", "sh", "sleep")
            ]
            assert "git" in {one.name() for one in gits}
            assert {(one.nice(), one.ionice().ioclass) for one in gits} == {(17, psutil.IOPRIO_CLASS_IDLE)}
        finally:
            late.set()
            thread.join()
        assert journal.history(1)[0].outcome == "timeout"
        assert psutil.wait_procs(gits, timeout=PATIENCE)[1] == []
    assert find_locks(open_repository(app)) == ()


def test_two_runners_at_once_do_each_once(app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "POLL_SECONDS", 0.05)
    settings = settings_for(tmp_path / "state", app, *TASKS)
    registered_long_ago(settings, 4000).close()
    threads = [threading.Thread(target=run_due, args=(settings,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with MaintenanceJournal(tmp_path / "state" / "journal.sqlite3") as journal:
        runs = journal.history(9)
    assert sorted((run.task, run.outcome) for run in runs) == [(name, "success") for name in sorted(TASKS)]
