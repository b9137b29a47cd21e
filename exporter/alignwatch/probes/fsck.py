"""Is the repository sound? ``git fsck``, on a slow clock of its own; the result outlives a restart."""

import errno
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from alignwatch.files import write_atomically
from alignwatch.git.command import Git
from alignwatch.git.fsck import fsck
from alignwatch.settings import Fsck
from alignwatch.snapshot import FsckReading
from alignwatch.state_dir import name_in_cache


class FsckProbe:
    """Runs ``git fsck`` when the last result is older than the interval, else repeats that result.

    The result is kept in a file, so that a restart neither forgets a finding nor starts a check that
    may take minutes. A finding is confirmed by a second run before it is believed: a repack in the
    middle of the first looks like damage.
    """

    def __init__(self, git: Git, path: Path, settings: Fsck, cache_dir: Path) -> None:
        self._git = git
        self._path = path
        self._settings = settings
        self._memory = _memory(cache_dir, path)

    def read(self) -> FsckReading:
        """The newest result.

        Raises:
            GitError: out of time, or git could not be started.
            OSError: the result could not be kept.
        """
        kept = _read(self._memory)
        if kept is not None and time.time() - kept.finished < self._settings.interval_seconds:
            return kept
        reading = self._run()
        if any(reading.problems.values()):
            reading = self._run()
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._memory, msgspec.json.encode(reading))
        return reading

    def _run(self) -> FsckReading:
        return fsck(self._git, self._path, self._settings.deadline_seconds, full=self._settings.full)


class RememberedFsck:
    """Repeats the last result, however old; never runs a check."""

    def __init__(self, path: Path, cache_dir: Path) -> None:
        self._memory = _memory(cache_dir, path)

    def read(self) -> FsckReading:
        """The last result.

        Raises:
            FileNotFoundError: there is none.
        """
        kept = _read(self._memory)
        if kept is None:
            raise FileNotFoundError(errno.ENOENT, "git fsck has not run yet", str(self._memory))
        return kept


def _memory(cache_dir: Path, path: Path) -> Path:
    return cache_dir / f"{name_in_cache('fsck', path)}.json"


def _read(memory: Path) -> FsckReading | None:
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(memory.read_bytes(), type=FsckReading)
    return None
