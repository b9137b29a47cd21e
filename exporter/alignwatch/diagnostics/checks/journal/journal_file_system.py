"""Where the journal lies.

It uses a write-ahead log, for which all processes have to share memory: on a network file system two machines
that write corrupt it. On a file system in memory it is gone after a restart of the machine.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, critical, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.file_systems import existing
from alignwatch.diagnostics.status import Status
from alignwatch.git.staleness import file_system_of, is_network

_IN_MEMORY = ("tmpfs", "ramfs")


def _run(context: Context) -> Iterator[Finding]:
    folder = existing(context.state_folder)
    kind = file_system_of(folder)
    if is_network(kind):
        yield critical(
            f"the journal lies on {kind}, a network file system: two machines that write corrupt it",
            "name a folder on a disk of this machine in state_dir",
            ("findmnt", "--target", str(folder)),
            file=str(folder),
            key="state_dir",
        )
    elif kind in _IN_MEMORY:
        yield warning(
            f"the journal lies on {kind}, in memory: a restart of the machine removes it",
            "name a folder on a disk in state_dir",
            ("findmnt", "--target", str(folder)),
            file=str(folder),
            key="state_dir",
        )
    elif kind:
        yield ok(f"the journal lies on {kind}")


CHECK = Check(
    id="journal-file-system",
    summary="the journal lies where it is safe",
    well="the journal lies on a disk",
    reaches=Status.CRITICAL,
    run=_run,
)
