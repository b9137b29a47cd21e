"""Does anybody still hold this lock?

Age proves nothing: ``git commit`` with an editor open holds ``index.lock`` for hours, and has not even opened
it. So a lock counts as stale only if it is old, and no git stands in the repository, and nobody on another
machine can hold it, and it is still the same on a second look.
"""

import os
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from alignwatch.git.at_work import GitProcess
from alignwatch.git.locks import LockFile
from alignwatch.git.repository import Repository

SECOND_LOOK_SECONDS = 0.5

_REMOTE = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "gluster", "lustre", "gpfs", "fuse.sshfs", "virtiofs")


def is_stale(
    lock: LockFile, repository: Repository, processes: Iterable[GitProcess], minimum_age: float, now: float
) -> bool:
    """Whether nobody can hold a lock any more.

    Args:
        lock: as it was found.
        repository: where.
        processes: all git processes that run.
        minimum_age: seconds; a younger lock is never stale.
        now: seconds since the epoch.
    """
    folders = (repository.common_dir, *repository.folders)
    return (
        now - lock.since >= minimum_age
        and not any(process.may_stand_in(folders) for process in processes)
        and not _is_held_elsewhere(lock)
        and _is_same_on_a_second_look(lock)
    )


def _is_held_elsewhere(lock: LockFile) -> bool:
    if lock.kind == "gc":
        with suppress(OSError):
            # "pid host", see gc.c
            host = lock.path.read_text(errors="replace").split()[1:2]
            return host != [socket.gethostname()]
    return _is_on_network(lock.path)


def _is_on_network(path: Path) -> bool:
    device = path.parent.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text(errors="replace").splitlines():
        fields, _, system = line.partition(" - ")
        if fields.split()[2] == number:
            return system.split()[0].startswith(_REMOTE)
    return False


def _is_same_on_a_second_look(lock: LockFile) -> bool:
    with suppress(OSError):
        first = lock.path.lstat()
        time.sleep(SECOND_LOOK_SECONDS)
        second = lock.path.lstat()
        return first.st_mtime == lock.since and (first.st_ino, first.st_mtime_ns) == (
            second.st_ino,
            second.st_mtime_ns,
        )
    return False
