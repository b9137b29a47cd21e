"""``alignwatch status``: health in one screen; the probe to run before a merge."""

import argparse
import time

from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, settings_for
from alignwatch.git.command import Git
from alignwatch.probes import remembered_tasks, tasks_of
from alignwatch.probes.runner import look, run_all
from alignwatch.settings import Settings
from alignwatch.snapshot import HOST, HostReading, Snapshot
from alignwatch.status import Status, as_text, make_status

_CPU_WINDOW_SECONDS = 0.5
"""One sample of CPU use means nothing: it is averaged over at least so long."""


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "print the health of host, repositories and alignment processes",
        f"{name} && git merge feature/x",
    )
    add_config(made)
    made.add_argument("--json", action="store_true", help="one object, for scripts")
    made.epilog = (made.epilog or "") + "\n\nexit codes: 0 healthy, 3 unhealthy, 4 warnings"
    return made


def run(arguments: argparse.Namespace) -> int:
    """Prints the status and returns its verdict as exit code."""
    status = look_around(settings_for(arguments))
    if arguments.json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(status)).decode())
    else:
        print(as_text(status))
    return status.exit_code


def look_around(settings: Settings) -> Status:
    """Runs every quick probe once, all at the same time; of ``git fsck`` the last result counts."""
    git = Git()
    try:
        tasks = {(task.name, task.repository): task for task in tasks_of(settings, git) if not task.slow}
        host = tasks.pop((HostReading.probe, HOST))
        began = time.monotonic()
        look(host)
        runs = run_all(tasks.values())
        time.sleep(max(0.0, began + _CPU_WINDOW_SECONDS - time.monotonic()))
        runs.append(look(host))
    finally:
        git.close()
    runs += [run for run in map(look, remembered_tasks(settings)) if run.ok]
    return make_status(Snapshot(time.time(), {(run.probe, run.repository): run for run in runs}), settings)
