"""The backups of one repository: a folder each, named after the moment at which it was begun.

What is half made or half removed has a name that begins with a dot, and is nobody's backup. Whoever makes,
reads or removes one holds the store's lock, so that such a leftover belongs to the dead.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

from alignwatch.errors import UsageError
from alignwatch.maintenance.backups.contents import sync_folder
from alignwatch.maintenance.backups.place import unfit
from alignwatch.maintenance.task import PostponedError, SkippedError
from alignwatch.maintenance.tree import Root, opened
from alignwatch.settings import Settings
from alignwatch.state_dir import name_in_cache
from alignwatch.text import printable

_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z", re.ASCII)
_FORMAT = "%Y%m%dT%H%M%S.%fZ"
MAKING = ".making-"
"""Begins the name of a backup that is half made."""
REMOVING = ".removing-"
"""Begins the name of a backup of which some files may be gone already."""
_LONGEST = 64


class Store:
    """One repository's backups."""

    def __init__(self, root: Root, folder: Path) -> None:
        """For :func:`opened_store`."""
        self.root = root
        """Nothing outside of it is removed."""
        self.folder = folder

    def names(self) -> list[str]:
        """The backups that are whole, as far as their names tell; the newest first."""
        return self._named(_NAME.fullmatch)

    def removing(self) -> list[str]:
        """Names of those that are half removed."""
        return self._named(re.compile(re.escape(REMOVING) + _NAME.pattern).fullmatch)

    def relative(self, name: str) -> str:
        """The path of one below the root."""
        return f"{self.folder.name}/{name}"

    @contextmanager
    def making(self, now: float) -> Iterator[Path]:
        """Lends a folder, which is a backup once the block has ended well, and else gone.

        Args:
            now: seconds since the epoch, which give its name.

        Raises:
            OSError: the disk is full, or fails.
        """
        name = self._next_name(now)
        folder = self.folder / f"{MAKING}{name}"
        folder.mkdir(mode=0o700)
        try:
            yield folder
            sync_folder(folder)
            folder.rename(self.folder / name)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        sync_folder(self.folder)

    def _next_name(self, now: float) -> str:
        name, newest = backup_name(now), next(iter(self.names()), "")
        # The clock was set back: the newest has to sort first all the same.
        return name if name > newest else backup_name(_moment(newest) + 1)

    def clear(self) -> None:
        """Removes what runs that died have left half made."""
        for name in self._named(lambda name: name.startswith(MAKING)):
            print(f"removing {printable(str(self.folder / name))}: the run that made it died")
            shutil.rmtree(self.folder / name)

    def _named(self, fits: Callable[[str], object]) -> list[str]:
        inside = self.folder.iterdir() if self.folder.exists() else ()
        return sorted((path.name for path in inside if fits(path.name)), reverse=True)


def backup_name(moment: float) -> str:
    """What a backup is called that was begun at a moment; sorts by time."""
    return datetime.fromtimestamp(moment, UTC).strftime(_FORMAT)


def _moment(name: str) -> float:
    return datetime.strptime(name, _FORMAT).replace(tzinfo=UTC).timestamp()


@contextmanager
def opened_store(settings: Settings, label: str, *, make: bool = False) -> Iterator[Store]:
    """Opens one repository's backups, for one process at a time.

    Args:
        settings: say where backups are.
        label: the repository's.
        make: whether its folder is made where there has been no backup yet.

    Raises:
        SkippedError: no backups are wanted.
        PostponedError: another process is at work there.
        UsageError: backups must not lie there, or the folder is missing.
        OSError: it cannot be used.
    """
    if settings.maintenance.backup.folder is None:
        raise SkippedError(
            "maintenance.backup.folder names no folder: set it, and put backup into "
            "maintenance.automated_tasks"
        )
    wanted = Path(settings.maintenance.backup.folder)
    shown = printable(str(wanted))
    if not wanted.is_dir():
        raise UsageError(
            f"{shown}: no such folder; mount the disk that it is on, or make it (mkdir -m 700), "
            "or mend maintenance.backup.folder"
        )
    if why := unfit(wanted.resolve(), settings):
        raise UsageError(f"{shown}: no backups are put here: {why}; mend maintenance.backup.folder")
    with opened(str(wanted), ()) as root:
        folder = root.path / folder_of(label)
        if folder.is_symlink():
            raise UsageError(f"{printable(str(folder))}: is a link; replace it by what it leads to")
        if make:
            folder.mkdir(mode=0o700, exist_ok=True)
        with _locked(folder) if folder.exists() else nullcontext():
            yield Store(root, folder)


def folder_of(label: str) -> str:
    """The name of the folder for a repository's backups, whatever its label."""
    legible = re.sub(r"[^A-Za-z0-9._-]", "_", label).lstrip(".-")[:_LONGEST]
    return name_in_cache(legible or "repository", Path(label))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(folder / ".lock", flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PostponedError(f"another process is at work in {printable(str(folder))}") from None
        yield
    finally:
        # A program that is just being started holds a copy of the descriptor for a moment.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)
