"""Open files and processes: how many are allowed, and how many there are.

Whoever runs this may open 256 files at least, and the machine as a whole has some left. A control group
that may hold few more processes cannot start git. How many files the exporter itself has open is asked of
its page, by `metrics-page`.
"""

import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, critical, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.status import Status

OPEN_FILES = Path("/proc/sys/fs/file-nr")
CONTROL_GROUP = Path("/proc/self/cgroup")
CONTROL_GROUPS = Path("/sys/fs/cgroup")

_LEAST = 256
_NEARLY = 0.9
_UNLIMITED = "max"


def _run(context: Context) -> Iterator[Finding]:
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < _LEAST:
        yield warning(f"a process may open {allowed} files only", "raise the limit", ("ulimit", "-n", "1024"))
    else:
        yield ok(f"a process may open {allowed} files")
    with suppress(OSError, ValueError):
        used, _, most = map(int, OPEN_FILES.read_text().split())
        if used > _NEARLY * most:
            yield critical(
                f"{used} of {most} files that the machine can hold open are open",
                "see who has so many, or raise the limit",
                ("sysctl", "fs.file-max"),
            )
    yield from _processes()


def _processes() -> Iterator[Finding]:
    with suppress(OSError, ValueError):
        own = CONTROL_GROUP.read_text().strip().rpartition("::/")[2]
        group = CONTROL_GROUPS / own
        most = (group / "pids.max").read_text().strip()
        used = int((group / "pids.current").read_text())
        if most != _UNLIMITED and used > _NEARLY * int(most):
            yield critical(
                f"{used} of {most} processes that this control group may have are there: git cannot start",
                "raise TasksMax= of the unit, or see who starts so many",
                file=str(group / "pids.max"),
            )


CHECK = Check(
    id="descriptors",
    summary="files can be opened, and processes started",
    well="files can be opened",
    reaches=Status.CRITICAL,
    run=_run,
)
