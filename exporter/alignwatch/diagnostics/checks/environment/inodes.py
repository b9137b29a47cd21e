"""Inodes of the same file systems: without a free one no file can be made, however much room there is.

Many loose objects and caches use them up. A file system that has no fixed number of inodes says 0, and is
left out. The limits are those of the alert AlignmentHostInodesLow.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, critical, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.file_systems import file_systems
from alignwatch.diagnostics.status import Status


def _run(context: Context) -> Iterator[Finding]:
    thresholds = context.settings.monitoring.alert_thresholds
    for one in file_systems(context).file_systems:
        if not one.files:
            continue
        used = 100 * (1 - one.files_free / one.files)
        look = ("du", "--inodes", "--one-file-system", "--max-depth=2", one.mountpoint)
        if used > thresholds.disk_critical_percent:
            yield critical(f"{used:.1f} % of the inodes are used", "remove files", look, file=one.mountpoint)
        elif used > thresholds.disk_percent:
            yield warning(f"{used:.1f} % of the inodes are used", "remove files", look, file=one.mountpoint)


CHECK = Check(
    id="inodes",
    summary="the file systems have inodes left",
    well="the file systems have inodes left",
    reaches=Status.CRITICAL,
    run=_run,
)
