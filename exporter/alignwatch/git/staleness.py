"""Does anybody still hold this lock?

Age proves nothing: ``git commit`` with an editor open holds ``index.lock`` for hours, and has not even opened
it. So a lock counts as stale only if it is old, and no git stands in the repository, and nobody on another
machine can hold it, and it is still the same on a second look.
"""

import os
import socket
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from alignwatch.git.at_work import GitProcess
from alignwatch.git.locks import LockFile
from alignwatch.git.repository import Repository

SECOND_LOOK_SECONDS = 0.5

_REMOTE = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "gluster", "lustre", "gpfs", "fuse.sshfs", "virtiofs")


def is_stale(
    lock: LockFile, repository: Repository, processes: Collection[GitProcess], minimum_age: float, now: float
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
        and not _is_held_elsewhere(lock, processes)
        and _is_same_on_a_second_look(lock)
    )


def _is_held_elsewhere(lock: LockFile, processes: Collection[GitProcess]) -> bool:
    if lock.kind == "gc":
        with suppress(OSError):
            # "pid host", see gc.c
            pid, *host = lock.path.read_text(errors="replace").split()[:2] or [""]
            return host != [socket.gethostname()] or pid in {str(process.pid) for process in processes}
    return _is_on_network(lock.path)


def file_system_of(folder: Path) -> str:
    """The kind of file system that holds a folder, such as ``ext4``; empty where the kernel names none."""
    device = folder.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text(errors="replace").splitlines():
        fields, _, system = line.partition(" - ")
        if fields.split()[2] == number:
            return system.split()[0]
    return ""


def is_network(file_system: str) -> bool:
    """Whether other machines may write to a file system of this kind at the same time."""
    return file_system.startswith(_REMOTE)


def _is_on_network(path: Path) -> bool:
    return is_network(file_system_of(path.parent))


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
