"""Settings with maintenance tasks, slots that are due already, the programs that tasks run, and runners."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from alignwatch.journal.maintenance import Ending, MaintenanceJournal, Outcome
from alignwatch.maintenance.runner import Runner
from alignwatch.maintenance.schedule import current_tasks, task_named
from alignwatch.settings import Maintenance, MaintenanceTask, Repository, Settings
from alignwatch.state_dir import journal_path

EVERY_MINUTE = "* * * * *"
PATIENCE = 30.0
"""Seconds after which what was waited for will not come."""


def command(name: str, program: Sequence[str], **changes: Any) -> MaintenanceTask:
    """A task that runs a program at any time of the day, due each minute."""
    given = {"schedule": EVERY_MINUTE, "any_time": True, **changes}
    return MaintenanceTask(task="command", name=name, command=tuple(program), **given)


def settings_with(
    state: Path, *tasks: MaintenanceTask, repositories: Sequence[Path] = (), **changes: Any
) -> Settings:
    """Settings with these tasks and no others."""
    return Settings(
        state_dir=str(state),
        repositories=tuple(Repository(path=str(one), name=one.name) for one in repositories),
        maintenance=Maintenance(automated_tasks=(), tasks=tasks, **changes),
    )


def registered_long_ago(settings: Settings, seconds: float = 90) -> MaintenanceJournal:
    """The journal of a state folder in which somebody has run the tasks for some time: a slot is due."""
    journal = MaintenanceJournal(journal_path(settings.state_folder))
    tasks = current_tasks(settings, journal)
    journal.register(((one.name, one.cron, one.time_zone) for one in tasks), time.time() - seconds)
    return journal


def just_passed() -> str:
    """A schedule that was due within the last minutes and is not due again soon."""
    passed = time.gmtime(time.time() - 120)
    return f"{passed.tm_min} {passed.tm_hour} * * *"


def run_due(settings: Settings) -> list[Outcome]:
    """What came of all that is due."""
    with closing(Runner(settings, lambda task, repository, ending: None)) as one:
        return list(one.run_due())


def run_now(settings: Settings, task: str, repository: str = "") -> Ending:
    """How one run ended."""
    endings: list[Ending] = []
    with closing(Runner(settings, lambda task, repository, ending: endings.append(ending))) as one:
        one.run_now(task_named(settings, task), repository)
    return endings[-1]


@contextmanager
def started_runner(
    settings: Settings, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A runner as the exporter starts it, with some variables besides ours; killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "alignwatch.maintenance"],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    ) as runner:
        assert runner.stdin is not None
        runner.stdin.write(msgspec.json.encode(settings) + b"\n")
        runner.stdin.flush()
        yield runner
        runner.kill()
