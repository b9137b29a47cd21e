"""Room on the file systems of repositories, state folder and `monitoring.disks`.

Above `disk_percent` is a warning, above `disk_critical_percent` is critical: then git can neither commit nor
clean up, and the journal cannot record. A file system that does not answer is a warning.
"""

from collections.abc import Iterator

from alignwatch import health
from alignwatch.diagnostics.check import Check, Finding, critical, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.file_systems import file_systems
from alignwatch.diagnostics.status import Status
from alignwatch.snapshot import FileSystemsReading, HostHealth


def _run(context: Context) -> Iterator[Finding]:
    reading = file_systems(context)
    thresholds = context.settings.monitoring.alert_thresholds
    for one in reading.file_systems:
        state, words = health.host_health(None, FileSystemsReading((one,)), thresholds)
        look = ("du", "--one-file-system", "--max-depth=2", "--human-readable", one.mountpoint)
        if state is HostHealth.UNHEALTHY:
            yield critical(words[0], "make room at once", look, file=one.mountpoint)
        elif state is HostHealth.DEGRADED:
            yield warning(words[0], "make room, or raise monitoring.alert_thresholds.disk_percent", look)
        else:
            yield ok(f"{one.mountpoint}: {one.used_ratio:.0%} in use")
    for folder in reading.failed:
        yield warning(
            "its file system does not answer",
            "see whether the mount hangs",
            ("findmnt", "--target", folder),
            file=folder,
        )


CHECK = Check(
    id="disk-space",
    summary="the file systems have room",
    well="the file systems have room",
    reaches=Status.CRITICAL,
    run=_run,
)
