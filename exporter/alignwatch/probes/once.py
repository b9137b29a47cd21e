"""One look at everything, for a command that cannot wait for averages of minutes."""

import time

from alignwatch.git.command import Git
from alignwatch.probes import remembered_tasks, tasks_of
from alignwatch.probes.runner import look, run_all
from alignwatch.settings import Settings
from alignwatch.snapshot import HOST, HostReading, Snapshot

_CPU_WINDOW_SECONDS = 0.5
"""One sample of CPU use means nothing: it is averaged over at least so long."""


def look_once(settings: Settings) -> Snapshot:
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
    return Snapshot(time.time(), {(run.probe, run.repository): run for run in runs})
