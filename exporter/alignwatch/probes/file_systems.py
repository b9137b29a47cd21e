"""How full are the file systems that matter?

A hung mount (a dead network share) blocks whoever asks for ever, so each folder is asked in a thread of
its own that nobody waits for beyond the deadline.
"""

import os
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from alignwatch.snapshot import FileSystem, FileSystemsReading


class FileSystemsProbe:
    """Looks at the file systems of some folders, each file system once."""

    def __init__(self, folders: Iterable[Path], deadline_seconds: float) -> None:
        """Prepares to look.

        Args:
            folders: whose file systems; a folder that does not exist has none and counts as failed.
            deadline_seconds: how long they are waited for, all together.
        """
        self._folders = tuple(dict.fromkeys(folders))
        self._deadline = deadline_seconds
        self._stuck: dict[Path, _Look] = {}

    def read(self) -> FileSystemsReading:
        """Looks once; a folder that still hangs from an earlier look is not asked again."""
        self._stuck = {folder: look for folder, look in self._stuck.items() if look.is_alive()}
        looks = {folder: _Look(folder) for folder in self._folders if folder not in self._stuck}
        until = time.monotonic() + self._deadline
        for look in looks.values():
            look.join(max(0.0, until - time.monotonic()))
        self._stuck |= {folder: look for folder, look in looks.items() if look.is_alive()}
        answered = {folder: found for folder, look in looks.items() if (found := look.found)}
        return FileSystemsReading(
            file_systems=tuple({one.mountpoint: one for one in answered.values()}.values()),
            failed=tuple(str(folder) for folder in self._folders if folder not in answered),
        )


class _Look(threading.Thread):
    """Looks at one folder's file system in the background, from the moment it is made."""

    def __init__(self, folder: Path) -> None:
        super().__init__(name=f"file system of {folder}", daemon=True)
        self._folder = folder
        self.found: FileSystem | None = None
        """None until it has answered, and for good where it cannot."""
        self.start()

    def run(self) -> None:
        with suppress(OSError):
            self.found = _file_system(self._folder)


def _file_system(folder: Path) -> FileSystem:
    mountpoint = _mountpoint(folder)
    figures = os.statvfs(mountpoint)
    return FileSystem(
        mountpoint=str(mountpoint),
        size=figures.f_blocks * figures.f_frsize,
        free=figures.f_bfree * figures.f_frsize,
        available=figures.f_bavail * figures.f_frsize,
        files=figures.f_files,
        files_free=figures.f_ffree,
    )


def _mountpoint(folder: Path) -> Path:
    device = folder.stat().st_dev
    place = folder.resolve()
    while place != place.parent and place.parent.stat().st_dev == device:
        place = place.parent
    return place
