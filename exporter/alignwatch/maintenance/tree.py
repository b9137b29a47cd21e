"""Walking and clearing a folder that others write to meanwhile, without ever leaving it.

Everything below the root is reached through descriptors of folders, one name at a time, and links are never
followed: a folder that is swapped for a link while we look leads nowhere. Other file systems and git
repositories below the root are passed over.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from alignwatch.errors import UsageError
from alignwatch.text import printable

_GIT = ".git"
_BARE = frozenset({"HEAD", "objects", "refs"})
_DEEPEST = 200
"""Folders so far down are gone into, by a walk that takes each step from the root."""
_BLOCK = 512
"""Bytes: the unit of ``st_blocks``."""


@dataclass(frozen=True, slots=True)
class Found:
    """One ordinary file. Its descriptor is valid until the walk goes on to the next folder."""

    path: str
    """For people: relative to the root."""
    name: str
    folder: int
    """Descriptor of the folder that it is in."""
    status: os.stat_result

    @property
    def room(self) -> int:
        """Bytes of disk that its removal frees."""
        return self.status.st_blocks * _BLOCK if self.status.st_nlink == 1 else 0

    def is_unchanged(self) -> bool:
        """Whether it is still the file that was found."""
        with suppress(OSError):
            now = os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
            return _identity(now) == _identity(self.status)
        return False


class Root:
    """A folder below which files may be removed."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """For :func:`opened`."""
        self.path = path
        self._descriptor = descriptor
        self._device = os.fstat(descriptor).st_dev

    def folders(self) -> Iterator[list[Found]]:
        """The ordinary files of each folder; one that cannot be entered is passed over."""
        waiting = [PurePosixPath()]
        while waiting:
            path = waiting.pop()
            with ExitStack() as stack:
                try:
                    folder = stack.enter_context(self._entered(path))
                    names = os.listdir(folder)  # noqa: PTH208  # it is a descriptor
                except OSError:
                    continue
                if _is_repository(names):
                    continue
                if len(path.parts) < _DEEPEST:
                    waiting += [path / name for name in names if self._may_enter(name, folder)]
                yield list(_ordinary(path, names, folder))

    @contextmanager
    def found(self, path: str) -> Iterator[Found | None]:
        """One ordinary file, for as long as the block lasts; None where there is none.

        Args:
            path: relative to the root; no folder on the way may be a link.
        """
        steps, found = PurePosixPath(path), None
        with ExitStack() as stack:
            with suppress(FileNotFoundError, NotADirectoryError):
                folder = stack.enter_context(self._entered(steps.parent))
                status = os.stat(steps.name, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    found = Found(path, steps.name, folder, status)
            yield found

    @contextmanager
    def _entered(self, path: PurePosixPath) -> Iterator[int]:
        """The descriptor of a folder below, to which no link leads."""
        folder = os.dup(self._descriptor)
        try:
            for step in path.parts:
                above, folder = folder, _enter(step, folder)
                os.close(above)
            yield folder
        finally:
            os.close(folder)

    def _may_enter(self, name: str, descriptor: int) -> bool:
        with suppress(OSError):
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            return stat.S_ISDIR(status.st_mode) and status.st_dev == self._device
        return False


def _enter(name: str, folder: int) -> int:
    if name in ("..", "/"):
        raise FileNotFoundError
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)


def _ordinary(folder: PurePosixPath, names: Sequence[str], descriptor: int) -> Iterator[Found]:
    for name in names:
        with suppress(OSError):
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                yield Found(str(folder / name), name, descriptor, status)


@contextmanager
def opened(root: str, kept: Sequence[Path], backups: Sequence[Path] = ()) -> Iterator[Root]:
    """Opens a root.

    Args:
        root: its absolute path; links on the way to it are followed, once.
        kept: repositories and other folders that no root may be or hold; what is below them may be one.
        backups: those in which nothing may be a root either.

    Raises:
        UsageError: this is no folder to remove files in.
        OSError: it cannot be opened.
    """
    path = Path(root).resolve(strict=True)
    if why := refusal(path, kept, backups):
        raise UsageError(f"{printable(root)}: nothing is removed here: {why}; name a folder further down")
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        # Between the two calls a folder above may have become a link.
        if Path(os.readlink(f"/proc/self/fd/{descriptor}")) != path:  # noqa: PTH115
            raise UsageError(f"{printable(root)}: was changed while it was opened; try again")
        yield Root(path, descriptor)
    finally:
        os.close(descriptor)


def refusal(path: Path, kept: Sequence[Path], backups: Sequence[Path] = ()) -> str | None:
    """Why nothing may be removed below a folder; None if it may.

    Args:
        path: the folder, without links on the way to it.
        kept: as for :func:`opened`.
        backups: as there.
    """
    home = Path.home().resolve()
    if path == Path("/"):
        return "it is the root of the file system"
    if home.is_relative_to(path):
        return "it is or holds the home folder"
    if _GIT in path.parts or _is_repository_at(path) or any(map(_is_bare_at, path.parents)):
        return "it is a git repository, or in the middle of one"
    for folder in (*kept, *backups):
        if folder.resolve().is_relative_to(path):
            return f"it is or holds {folder}"
    for folder in backups:
        if path.is_relative_to(folder.resolve()):
            return f"it lies among the backups in {folder}"
    return None


def _is_repository_at(path: Path) -> bool:
    return os.path.lexists(path / _GIT) or _is_bare_at(path)


def _is_bare_at(path: Path) -> bool:
    return all(os.path.lexists(path / name) for name in _BARE)


def _is_repository(names: Sequence[str]) -> bool:
    return _GIT in names or _BARE.issubset(names)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode
