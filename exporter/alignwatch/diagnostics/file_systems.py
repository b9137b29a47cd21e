"""The file systems that hold what Alignwatch needs, asked once for all checks."""

from pathlib import Path

from alignwatch.diagnostics.context import Context
from alignwatch.probes.file_systems import FileSystemsProbe
from alignwatch.snapshot import FileSystemsReading

_SECONDS = 3.0


def file_systems(context: Context) -> FileSystemsReading:
    """Those of repositories, state folder and configured folders; one that hangs has failed."""
    return context.shared.once("file systems", lambda: FileSystemsProbe(_folders(context), _SECONDS).read())


def _folders(context: Context) -> list[Path]:
    settings = context.settings
    watched = (*settings.monitoring.disks, *(one.path for one in settings.repositories))
    return [existing(context.state_folder), *filter(Path.exists, map(Path, watched))]


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())
