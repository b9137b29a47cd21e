"""The files of one backup: made private and durable, and later compared with what was noted of them."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from alignwatch.maintenance.backups.manifest import CHECKSUM, MANIFEST, DamagedError, File
from alignwatch.maintenance.backups.verdict import VERDICT
from alignwatch.text import printable

OURS = frozenset((MANIFEST, CHECKSUM, VERDICT))
"""Files beside those that a manifest names."""


def seal(folder: Path) -> dict[str, File]:
    """Lets nobody but the owner read the files, writes all to the disk, and says what they hold.

    Raises:
        OSError: the disk is full, or fails.
    """
    sealed = {}
    for name in _names(folder):
        path = folder / name
        path.chmod(0o600)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        sealed[name] = File(bytes=path.stat().st_size, sha256=digest)
    for parent, _, _ in os.walk(folder):
        Path(parent).chmod(0o700)
        sync_folder(Path(parent))
    return sealed


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def compare(folder: Path, files: Mapping[str, File]) -> None:
    """Reads every file of a backup.

    Raises:
        DamagedError: there is one more or less than was noted, or one is not as it was.
    """
    found = set(_names(folder)) - OURS
    if missing := sorted(set(files) - found):
        raise DamagedError(f"{printable(missing[0])} is missing")
    if added := sorted(found - set(files)):
        raise DamagedError(f"{printable(added[0])} does not belong to it: {MANIFEST} does not name it")
    for name, noted in files.items():
        _compare(folder / name, printable(name), noted)


def _compare(path: Path, name: str, noted: File) -> None:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size != noted.bytes:
                raise DamagedError(f"{name} has {size} bytes, and had {noted.bytes}")
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DamagedError(f"{name} cannot be read: {error.strerror}") from None
    if digest != noted.sha256:
        raise DamagedError(f"{name} was altered: its sha256 is not the one in {MANIFEST}")


def _names(folder: Path) -> Iterator[str]:
    """The path of each file in it; links are never followed."""

    def fail(error: OSError) -> None:
        raise DamagedError(f"{printable(str(error.filename))} cannot be read: {error.strerror}")

    for parent, folders, names in os.walk(folder, onerror=fail):
        for name in (*folders, *names):
            path = Path(parent, name)
            mode = path.lstat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                raise DamagedError(f"{printable(str(path.relative_to(folder)))} is no ordinary file")
        yield from (str(Path(parent, name).relative_to(folder)) for name in names)
