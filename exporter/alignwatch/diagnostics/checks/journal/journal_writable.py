"""Whether what happens can be recorded.

The state folder, the journal, its log and its lock have to be this user's to write. One command that root
has run in between leaves files that only root can write: from then on nothing is recorded. A journal that
grows beyond what a compaction is for, or a log of it that nobody brings in, are warnings.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from alignwatch.diagnostics.check import Check, Finding, critical, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.file_systems import existing
from alignwatch.diagnostics.journal_file import path_of
from alignwatch.diagnostics.status import Status

LARGE_BYTES = 1 << 30
LARGE_LOG_BYTES = 64 << 20
_FILES = ("", "-wal", "-shm", ".lock")


def _run(context: Context) -> Iterator[Finding]:
    journal = path_of(context)
    folder = journal.parent
    nearest = existing(folder)
    if not nearest.is_dir():
        words = f"{nearest} is no folder: nothing can be recorded"
        yield critical(words, "name a folder in state_dir", ("ls", "-ld", str(nearest)), file=str(nearest))
        return
    if not os.access(nearest, os.W_OK | os.X_OK):
        user = str(os.getuid())
        # What is above it is the system's: nobody is told to give that away.
        made = ("install", "--directory", f"--owner={user}", "--mode=700", str(folder))
        yield critical(
            f"{nearest} is not this user's to write: nothing can be recorded",
            "give the state folder to the user that runs Alignwatch",
            ("chown", "-R", user, str(folder)) if nearest == folder else made,
            file=str(nearest),
        )
        return
    for file in (Path(f"{journal}{suffix}") for suffix in _FILES):
        # One that is refused may be gone: whoever closes the journal last takes its log away.
        if not os.access(file, os.R_OK | os.W_OK) and file.exists():
            yield critical(
                f"{file.name} is not this user's to write: nothing can be recorded",
                "give it to the user that runs Alignwatch",
                ("chown", str(os.getuid()), str(file)),
                file=str(file),
            )
    yield from _size(
        journal, LARGE_BYTES, "the journal", "have journal_compaction among the maintenance tasks"
    )
    log = Path(f"{journal}-wal")
    yield from _size(log, LARGE_LOG_BYTES, "the journal's log", "see who keeps the journal open, and end it")


def _size(file: Path, limit: int, what: str, remedy: str) -> Iterator[Finding]:
    size = 0
    with suppress(FileNotFoundError):
        size = file.stat().st_size
    if size > limit:
        compact = ("alignwatch", "maintenance", "run", "journal_compaction")
        yield warning(f"{what} has {size >> 20} MiB", remedy, compact, file=str(file))


CHECK = Check(
    id="journal-writable",
    summary="what happens can be recorded",
    well="what happens can be recorded",
    reaches=Status.CRITICAL,
    run=_run,
)
