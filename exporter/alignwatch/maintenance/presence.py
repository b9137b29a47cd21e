"""Does an exporter live that shows what is in this state folder's journal?

An exporter holds a lock for as long as it lives; nothing has to be tidied up when it dies. Who looks shares
the lock for a moment, so that two who look at once do not take each other for an exporter.
"""

import fcntl
import os
from pathlib import Path

_NAME = "exporter.lock"
_SHARED = 0o644
"""Any user may see whether it is held."""


class Presence:
    """What one exporter shows of itself."""

    def __init__(self, state_folder: Path) -> None:
        self._path = state_folder / "maintenance" / _NAME
        self._descriptor: int | None = None

    def show(self) -> None:
        """Shows that we live, from now on.

        Raises:
            OSError: the state folder cannot be written to.
        """
        if self._descriptor is not None:
            return
        self._path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, _SHARED)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # Another exporter shows itself, or somebody looks: the next time, then.
            os.close(descriptor)
        else:
            self._descriptor = descriptor

    def close(self) -> None:
        """Shows it no longer."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def exporter_lives(state_folder: Path) -> bool:
    """Whether some exporter shows itself."""
    try:
        descriptor = os.open(state_folder / "maintenance" / _NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
