"""Keeping a long-running process small.

By default glibc gives every thread an arena of its own, keeps what was freed, and lets short-lived
bytes of a page fragment the heap: probes run in a thread each, so that is several megabytes for nothing.
"""

import ctypes
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # From glibc's malloc.h.


def keep_small() -> None:
    """Tells glibc to use one arena and to give back what is freed; elsewhere nothing happens."""
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in (
            (_ARENA_MAX, 1),
            (_TRIM_THRESHOLD, 128 * 1024),
            (_MMAP_THRESHOLD, 64 * 1024),
        ):
            mallopt(parameter, value)
