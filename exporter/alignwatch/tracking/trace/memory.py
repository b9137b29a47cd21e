"""What the listener must remember over a restart: a file of its own, written whole or not at all."""

import json
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct, structs

from alignwatch.errors import AlignwatchError
from alignwatch.files import write_atomically
from alignwatch.tracking.trace.pending import Pending

_MOST_ENTRIES = 1000
"""Work trees come and go."""

Value = TypeVar("Value")


class Memory(Struct, frozen=True):
    """Everything beside the event files themselves."""

    pending: tuple[Pending, ...] = ()
    """Operations that have stopped."""
    absorbed: tuple[str, ...] = ()
    """Event files that are understood, and to be removed: read again they would count again."""
    worktrees: dict[str, str] = {}
    """Common directory of each work tree that was seen."""
    claimed: dict[str, int] = {}
    """How far the log of each git directory's HEAD belongs to known operations, in bytes."""
    overflowed: float | None = None
    """When git was last found to have left commands out; seconds since the epoch."""


class MemoryFile:
    """The file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content: bytes | None = None
        self._memory = Memory()

    def load(self) -> Memory:
        """What was remembered last, by whichever process; nothing where there is no file.

        Raises:
            OSError: it cannot be read.
            AlignwatchError: it was not written by us; it is put aside, and the next call finds none.
        """
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return Memory()
        # Neither inode nor time tells versions apart: two may follow each other within a tick of the clock.
        if content != self._content:
            self._memory, self._content = self._decoded(content), content
        return self._memory

    def save(self, memory: Memory) -> None:
        """Remembers this instead.

        Raises:
            OSError: it cannot be written; what was remembered before still is.
        """
        memory = structs.replace(memory, worktrees=_newest(memory.worktrees), claimed=_newest(memory.claimed))
        # Paths need not be Unicode, which the standard library's JSON bears.
        write_atomically(self._path, json.dumps(msgspec.to_builtins(memory)).encode(), mode=0o600)

    def _decoded(self, content: bytes) -> Memory:
        try:
            return msgspec.convert(json.loads(content), Memory)
        except (ValueError, RecursionError) as error:
            aside = self._path.with_name(f"{self._path.name}.corrupt")
            self._path.rename(aside)
            raise AlignwatchError(
                f"{self._path}: put aside as {aside.name} ({error}); operations that had stopped are not "
                "known any more, and what follows them counts as operations of its own"
            ) from None


def _newest(entries: dict[str, Value]) -> dict[str, Value]:
    return dict(list(entries.items())[-_MOST_ENTRIES:])
