"""One look at everything, for a command that cannot wait for averages of minutes."""

import time
from collections.abc import Container
from dataclasses import replace

from alignwatch.git.command import Git
from alignwatch.probes import remembered_tasks, tasks_of
from alignwatch.probes.runner import Lane, look, run_all
from alignwatch.settings import Settings
from alignwatch.snapshot import (
    HOST,
    FileSystemsReading,
    HostReading,
    ProcessesReading,
    RepositoryReading,
    Snapshot,
)

_CPU_WINDOW_SECONDS = 0.5
"""One sample of CPU use means nothing: it is averaged over at least so long."""

HOST_USE = frozenset({HostReading.probe, FileSystemsReading.probe})
"""The probes of what the machine's resources are used for."""
HEALTH = HOST_USE | {ProcessesReading.probe, RepositoryReading.probe}
"""The probes that health is judged by, beside what fsck found last."""


def look_once(settings: Settings, only: Container[str] | None = None) -> Snapshot:
    """Runs every quick probe once, all at the same time; of the slow ones what they found last counts.

    Args:
        settings: the configuration, complete.
        only: names of the quick probes to run, the host's among them; None for all.
    """
    git = Git()
    try:
        wanted = (task for task in tasks_of(settings, git) if only is None or task.name in only)
        quick = (task for task in wanted if task.lane is Lane.QUICK)
        tasks = {(task.name, task.repository): task for task in quick}
        host = tasks.pop((HostReading.probe, HOST))
        began = time.monotonic()
        look(host)
        runs = run_all(tasks.values())
        time.sleep(max(0.0, began + _CPU_WINDOW_SECONDS - time.monotonic()))
        runs.append(look(host))
    finally:
        git.close()
    snapshot = Snapshot(time.time(), {(run.probe, run.repository): run for run in runs})
    remembered = [run for run in map(look, remembered_tasks(settings, snapshot)) if run.ok]
    return replace(
        snapshot, runs={**snapshot.runs, **{(run.probe, run.repository): run for run in remembered}}
    )
