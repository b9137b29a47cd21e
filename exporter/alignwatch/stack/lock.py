"""One stack a state folder."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alignwatch.errors import AlignwatchError
from alignwatch.text import timestamp


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Holds a lock file; the kernel frees it however we end, and no child inherits it.

    Raises:
        AlignwatchError: another process holds it; the message says which and since when.
    """
    descriptor = _acquire(path)
    try:
        holder = json.dumps({"pid": os.getpid(), "since": timestamp(time.time())})
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, holder.encode(), 0)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _acquire(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise AlignwatchError(_held(path)) from None
        if _is_still(path, descriptor):
            return descriptor
        # Its last holder removed the file between our two calls: this lock is on a file nobody else will see.
        os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _held(path: Path) -> str:
    try:
        holder = json.loads(path.read_text())
        who = f"process {holder['pid']}, since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return (
        f"{path.parent.parent}: a stack already runs with this state folder ({who}); "
        "end that one, or name another folder with --state-dir"
    )
