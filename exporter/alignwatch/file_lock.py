"""Taking a lock that belongs to an open file, and that the kernel frees with it."""

import fcntl
import time

_POLL_SECONDS = 0.005


def try_lock(descriptor: int, kind: int = fcntl.LOCK_EX, seconds: float = 0.0) -> bool:
    """Whether it could be taken.

    Args:
        descriptor: of the open file.
        kind: ``LOCK_EX`` or ``LOCK_SH``.
        seconds: for so long it is tried again while another one holds it.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True
