"""Faults of the journal."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from alignwatch.diagnostics.status import Status
from alignwatch.journal.running import Owner, Running, process
from alignwatch.journal.schema import VERSION
from alignwatch.journal.store import Journal
from support import journals
from support.doctor import DEAD, HOUR, Case, World, all_of, older
from support.journals import operation

W, C, OK, S = Status.WARNING, Status.CRITICAL, Status.OK, Status.SKIPPED
_WHOLE, _WRITABLE, _PLACE, _OWNERS = (
    "journal-integrity",
    "journal-writable",
    "journal-file-system",
    "journal-owners",
)
_OUTBOX, _SQLITE = "outbox", "sqlite-version"
_CHECKS = "diagnostics.checks.journal"


def _damaged(one: World) -> None:
    with Journal(one.journal) as journal:
        journal.record_all(operation(f"o{number}") for number in range(200))
    journals.damage(one.journal)


def _in_the_log(one: World) -> None:
    journal = one.ends.enter_context(Journal(one.journal))
    journal.record(operation())
    assert Path(f"{one.journal}-wal").stat().st_size > 0


def _mode(suffix: str, mode: int) -> Callable[[World], object]:
    def do(one: World) -> None:
        one.recorded()
        path = Path(f"{one.journal}{suffix}")
        path.touch()
        path.chmod(mode)
        one.state.chmod(0o777)

    return do


def _larger_than(name: str) -> Callable[[World], object]:
    return all_of(World.recorded, lambda one: one.patch(f"{_CHECKS}.journal_writable.{name}", 50))


def _with_log(one: World) -> None:
    one.write(f"{one.journal}-wal", b"\0" * 100)


def _on(kind: str) -> Callable[[World], object]:
    return lambda one: one.patch(f"{_CHECKS}.journal_file_system.file_system_of", lambda _: kind)


def _in_memory(one: World) -> None:
    """A file system that really is in memory."""
    one.set("state_dir", f"/dev/shm/alignwatch-test-{os.getpid()}")


def _began(owner: Owner | None) -> Callable[[World], object]:
    def do(one: World) -> None:
        with Journal(one.journal) as journal:
            journal.begin(Running("o", "app", "rebase", "topic", "main", time.time(), "track", owner))

    return do


def _claimed(owner: Owner, *, begun: bool) -> Callable[[World], object]:
    def do(one: World) -> None:
        journal = one.maintenance()
        number = journal.claim("cache_cleanup", "", None, owner, time.time())
        assert number is not None
        if begun:
            journal.begin(number, time.time())

    return do


def _waiting(error: str | None = None) -> Callable[[World], object]:
    columns = "identity, alert, queued, attempts, last_error"
    statement = f"INSERT INTO outbox ({columns}) VALUES ('a', '{{}}', ?, 1, ?)"
    return lambda one: one.sql(statement, time.time(), error)


def _sqlite(version: tuple[int, int, int], threads: int = 3) -> Callable[[World], object]:
    def do(one: World) -> None:
        place = f"{_CHECKS}.sqlite_version.sqlite3"
        one.patch(f"{place}.sqlite_version_info", version)
        one.patch(f"{place}.sqlite_version", ".".join(map(str, version)))
        one.patch(f"{place}.threadsafety", threads)

    return do


def ourselves() -> Owner:
    found = process(os.getpid())
    assert found is not None
    return found


CASES = (
    Case(_WHOLE, "pages are overwritten", _damaged, C, "corrupt"),
    Case(
        _WHOLE, "another file in its place", lambda one: one.write(one.journal, "hello " * 1000), C, "corrupt"
    ),
    Case(
        _WHOLE,
        "a newer Alignwatch has written it",
        lambda one: one.sql(f"PRAGMA user_version = {VERSION + 1}"),
        C,
        "newer",
    ),
    Case(
        _WHOLE,
        "it is somebody else's",
        all_of(_mode("", 0o600), World.seen_by_somebody_else),
        C,
        "cannot be read",
        needs_root=True,
    ),
    Case(
        _WHOLE,
        "a corrupt one was put aside",
        all_of(World.recorded, lambda one: one.write(f"{one.journal}.corrupt-20260112T020000.000000Z")),
        W,
        "put aside",
    ),
    Case(_WHOLE, "an older Alignwatch has written it", lambda one: one.sql("PRAGMA user_version = 3"), OK),
    Case(_WHOLE, "it was only just made, and is empty", lambda one: one.write(one.journal, ""), OK),
    Case(_WHOLE, "what is newest is in its log", _in_the_log, OK),
    Case(_WHOLE, "there is none yet", lambda one: None, S),
    Case(
        _WRITABLE,
        "the state folder is somebody else's",
        all_of(World.recorded, lambda one: one.state.chmod(0o755), World.seen_by_somebody_else),
        C,
        "nothing can be recorded",
        needs_root=True,
    ),
    *(
        Case(
            _WRITABLE,
            f"root has run a command, and {name} is root's",
            all_of(_mode(suffix, 0o644), World.seen_by_somebody_else),
            C,
            f"journal.sqlite3{suffix} is not",
            needs_root=True,
        )
        for suffix, name in (("", "the journal"), ("-wal", "its log"), (".lock", "its lock"))
    ),
    Case(
        _WRITABLE,
        "a file in place of the state folder",
        lambda one: one.set("state_dir", str(one.write("f"))),
        C,
    ),
    Case(
        _WRITABLE,
        "no state folder yet, and it cannot be made",
        all_of(lambda one: one.set("state_dir", "/var/lib/none/alignwatch"), World.seen_by_somebody_else),
        C,
        "/var/lib is not",
        needs_root=True,
    ),
    Case(_WRITABLE, "the journal is large", _larger_than("LARGE_BYTES"), W, "the journal has"),
    Case(
        _WRITABLE,
        "its log is large",
        all_of(_larger_than("LARGE_LOG_BYTES"), _with_log),
        W,
        "the journal's log",
    ),
    Case(_WRITABLE, "no state folder yet", lambda one: one.state.rmdir(), OK),
    Case(_WRITABLE, "a journal of the usual size", World.recorded, OK),
    Case(_PLACE, "on NFS", _on("nfs4"), C, "network"),
    Case(_PLACE, "on SMB", _on("cifs"), C, "network"),
    Case(_PLACE, "on sshfs", _on("fuse.sshfs"), C, "network"),
    Case(_PLACE, "in memory", _in_memory, W, "in memory"),
    Case(_PLACE, "on ext4", _on("ext4"), OK),
    Case(_PLACE, "on the layers of a container", _on("overlay"), OK),
    Case(_PLACE, "on a local file system in user space", _on("fuseblk"), OK),
    Case(_PLACE, "on what the kernel does not name", _on(""), OK),
    Case(_OWNERS, "whoever began a rebase was killed", all_of(_began(DEAD), older(HOUR)), W, "rebase of app"),
    Case(
        _OWNERS,
        "whoever claimed a maintenance run was killed",
        all_of(_claimed(DEAD, begun=False), older(HOUR)),
        W,
        "cache_cleanup",
    ),
    Case(
        _OWNERS,
        "whoever ran maintenance was killed",
        all_of(_claimed(DEAD, begun=True), older(HOUR)),
        W,
        "cache_cleanup of the machine",
    ),
    Case(
        _OWNERS,
        "another process has the number of the dead",
        all_of(_began(ourselves()._replace(process_started=1)), older(HOUR)),
        W,
    ),
    Case(_OWNERS, "a rebase that is at work for an hour", all_of(_began(ourselves()), older(HOUR)), OK),
    Case(_OWNERS, "a rebase that git alone tells of", all_of(_began(None), older(HOUR)), OK),
    Case(_OWNERS, "whoever began a rebase was killed just now", _began(DEAD), OK),
    Case(_OWNERS, "maintenance is at work", all_of(_claimed(ourselves(), begun=True), older(HOUR)), OK),
    Case(_OUTBOX, "an alert waits for an hour", all_of(_waiting(), older(HOUR)), W, "nobody has tried"),
    Case(_OUTBOX, "an alert was refused for an hour", all_of(_waiting("refused"), older(HOUR)), W, "refused"),
    Case(_OUTBOX, "an alert has waited for a moment", _waiting(), OK),
    Case(_OUTBOX, "none waits", World.recorded, OK),
    Case(_SQLITE, "SQLite 3.31, of Ubuntu 20.04", _sqlite((3, 31, 1)), C, "3.31.1"),
    Case(_SQLITE, "SQLite for one thread", _sqlite((3, 46, 0), 0), C, "one thread"),
    Case(_SQLITE, "SQLite 3.33, the oldest that will do", _sqlite((3, 33, 0), 1), OK),
)
