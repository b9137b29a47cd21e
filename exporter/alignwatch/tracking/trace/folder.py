"""The folder into which git writes one file a process, and who reads it.

git names a file after the process: when it started, on which host, and its number. Once there are
``trace2.maxFiles`` it leaves a file of another name instead, and writes nothing more while that is there.
"""

import fcntl
import hashlib
import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alignwatch.tracking.trace.events import Session, session_of

MOST_FILES = 10_000
"""What ``trace2.maxFiles`` is set to: git counts the files each time it starts, 0.6 ms a thousand."""
OVERFLOW = "git-trace2-discard"
"""The file that git leaves when there are too many."""

_LONGEST_LINE = 1 << 20
_TAIL_BYTES = 4096
_SILENT_SECONDS = 86_400.0
"""A process of another host (a container's, say) cannot be looked for: it is over when so long silent."""


class TraceFolder:
    """The event files of one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._host = hashlib.sha1(socket.gethostname().encode(), usedforsecurity=False).hexdigest()[:8]

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Keeps other readers out for as long as the block takes; yields False where one is at work.

        Raises:
            FileNotFoundError: there is no such folder.
            OSError: it cannot be read.
        """
        handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(handle)

    def names(self) -> list[str]:
        """The event files by their names, those of the processes that started first in front."""
        with os.scandir(self.path) as entries:
            files = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
        return sorted(name for name in files if session_of(name) is not None)

    def lines(self, name: str) -> Iterator[bytes]:
        """The whole lines of a file, but for monstrous ones; none where it is gone or may not be read."""
        with suppress(OSError), (self.path / name).open("rb") as file:
            at_start = True
            while line := file.readline(_LONGEST_LINE):
                to_end = line.endswith(b"\n")
                if at_start and to_end:
                    yield line
                at_start = to_end

    def has_ended(self, name: str) -> bool:
        """Whether a process is over: it has said so, or is no more."""
        return self._said_so(name) or not self._is_alive(name)

    def silent_since(self, name: str) -> float:
        """When a file was last written, in seconds since the epoch; 0 for one that is gone."""
        with suppress(OSError):
            return (self.path / name).stat().st_mtime
        return 0.0

    def remove(self, names: Iterable[str]) -> None:
        """Removes files, those that are gone already included.

        Raises:
            OSError: one may not be removed.
        """
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def overflowed(self) -> float | None:
        """Since when git leaves commands out because there were too many files; None if it does not."""
        return self.silent_since(OVERFLOW) or None

    def _said_so(self, name: str) -> bool:
        with suppress(OSError), (self.path / name).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            return b'{"event":"atexit"' in file.read()
        return True

    def _is_alive(self, name: str) -> bool:
        session = session_of(name)
        if session is None:
            return False
        if session.host != self._host:
            return time.time() - self.silent_since(name) < _SILENT_SECONDS
        return _is_git(session) and _has_open(session, name)


def _is_git(session: Session) -> bool:
    """Whether a process of this number runs and is git, as far as one may see."""
    try:
        os.kill(session.pid, 0)
        _, _, rest = Path(f"/proc/{session.pid}/stat").read_bytes().partition(b"(")
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    name, _, state = rest.rpartition(b") ")
    return name.startswith(b"git") and state[:1] not in (b"Z", b"X")


def _has_open(session: Session, name: str) -> bool:
    """Whether it writes this file, as git does to its end, as far as one may see: else it is another git.

    When it started would not tell: clocks are set, and a script that becomes git is older than git's session.
    """
    try:
        opened = list(Path(f"/proc/{session.pid}/fd").iterdir())
    except PermissionError:
        return True
    except OSError:
        return False
    for one in opened:
        with suppress(OSError):
            if one.readlink().name == name:
                return True
    return False
