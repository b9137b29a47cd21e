"""One maintenance run at a time in each repository, even when its runner has died before it.

A lock belongs to the open file: it is held until the last process has closed that, so everything that a run
starts is given the descriptor.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alignwatch.file_lock import try_lock
from alignwatch.state_dir import name_in_cache

_RUN = "run"
_LOOK_SECONDS = 0.1
"""Who only looks whether it is held holds it for a moment."""
_SHARED = 0o644
"""Any user may see whether it is held."""


class RunLocks:
    """The lock files of a state folder. They stay: whoever removes one may remove one that is held."""

    def __init__(self, state_folder: Path) -> None:
        self._folder = state_folder / "maintenance"

    @contextmanager
    def held(self, repository: str) -> Iterator[int | None]:
        """Holds a repository's lock (empty: the machine's) and gives its descriptor; None if it is taken."""
        with self._held(self._path(repository)) as descriptor:
            yield descriptor

    @contextmanager
    def held_beside(self, kept: Path) -> Iterator[int | None]:
        """As :meth:`held`, for the repository of which something is kept, see :func:`name_in_cache`."""
        with self._held(self._folder / f"{_RUN}-{kept.name.rpartition('-')[2]}.lock") as descriptor:
            yield descriptor

    @contextmanager
    def _held(self, path: Path) -> Iterator[int | None]:
        self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, _SHARED)
        try:
            yield descriptor if try_lock(descriptor, seconds=_LOOK_SECONDS) else None
        finally:
            os.close(descriptor)

    def is_held(self, repository: str) -> bool:
        """Whether somebody holds it."""
        try:
            descriptor = os.open(self._path(repository), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            return not try_lock(descriptor)
        finally:
            os.close(descriptor)

    def _path(self, repository: str) -> Path:
        return self._folder / f"{name_in_cache(_RUN, Path(repository))}.lock"
