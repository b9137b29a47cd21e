"""Operations that have begun and not ended."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from alignwatch.names import legible

BRIEF_SECONDS = 1.0
"""What ends sooner need not be known while it runs: that would cost as much as recording it."""

_BEGIN = """
    INSERT OR REPLACE INTO running
    SELECT :repository, :operation_id, :operation, :branch, :target, :started, :source,
        :pid, :boot_id, :process_started
    WHERE NOT EXISTS (
        SELECT 1 FROM operations WHERE (repository, operation_id) = (:repository, :operation_id)
    )
"""
_RUNNING = """
    SELECT repository, operation_id, operation, branch, target, started, source,
        pid, boot_id, process_started
    FROM running ORDER BY repository, started, operation_id
"""
_END = "DELETE FROM running WHERE repository = ? AND operation_id = ?"
_START_TIME = 19
"""Place of ``starttime`` among the fields that follow the program's name, see proc(5)."""


class Owner(NamedTuple):
    """A process that no other one is mistaken for."""

    pid: int
    boot_id: str
    """Of the machine's present run."""
    process_started: int
    """Clock ticks after the machine's start."""


class Running(NamedTuple):
    """An operation that has begun. Times are seconds since the epoch."""

    operation_id: str
    """What it will be recorded as."""
    repository: str
    kind: str
    branch: str
    """Empty where unknown."""
    target: str
    """Empty where unknown."""
    started: float
    source: str
    """Who began it, see :class:`alignwatch.operation.Operation`."""
    owner: Owner | None
    """Whose death ends it unrecorded. Without one it runs until it is recorded or withdrawn."""


def process(pid: int) -> Owner | None:
    """The process that has this number now; None where there is none, or where it has ended."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2].split()
        if fields[0] not in (b"Z", b"X"):
            return Owner(pid, _boot_id(), int(fields[_START_TIME]))
    return None


def is_alive(owner: Owner) -> bool:
    """Whether a process still runs, as far as this one can see."""
    return process(owner.pid) == owner


def begin(connection: sqlite3.Connection, running: Running) -> None:
    """Adds an operation, or replaces what is known of it; one that is recorded already is left out."""
    owner = running.owner
    values = {
        "repository": legible(running.repository),
        "operation_id": legible(running.operation_id),
        "operation": running.kind,
        "branch": legible(running.branch),
        "target": legible(running.target),
        "started": running.started,
        "source": running.source,
        "pid": None if owner is None else owner.pid,
        "boot_id": None if owner is None else owner.boot_id,
        "process_started": None if owner is None else owner.process_started,
    }
    connection.execute(_BEGIN, values)


def end(connection: sqlite3.Connection, repository: str, operation_id: str) -> None:
    """Takes an operation out, if it is there."""
    connection.execute(_END, (legible(repository), legible(operation_id)))


def dead(connection: sqlite3.Connection) -> tuple[Running, ...]:
    """Those of :func:`all_running` whose owner is no more."""
    return tuple(one for one in all_running(connection) if one.owner and not is_alive(one.owner))


def all_running(connection: sqlite3.Connection) -> tuple[Running, ...]:
    """Everything that has begun and not ended."""
    return tuple(_running(*row) for row in connection.execute(_RUNNING))


def _running(
    repository: str,
    operation_id: str,
    kind: str,
    branch: str,
    target: str,
    started: float,
    source: str,
    pid: int | None,
    boot_id: str,
    process_started: int,
) -> Running:
    owner = None if pid is None else Owner(pid, boot_id, process_started)
    return Running(operation_id, repository, kind, branch, target, started, source, owner)


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
