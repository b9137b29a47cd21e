"""Where one work tree's HEAD has been, read from git's own log of it without starting git.

The log is ``logs/HEAD`` in the work tree's git directory, one line a move, see gitrepository-layout(5). Its
messages are never translated. It has none where refs are kept in another way or no log is wanted.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_MOST_BYTES = 1 << 20
"""As much of the log's end is read: some thousand moves."""


class Move(NamedTuple):
    """One line of the log."""

    old: str
    """Object id that HEAD led to before."""
    new: str
    time: int
    """Whole seconds since the epoch."""
    message: str
    end: int
    """Where the line ends in the file, in bytes."""

    @property
    def left_branch(self) -> str | None:
        """The branch, or else the object id, that a checkout moved away from; None for another move."""
        words = self.message.split(" ")
        return words[3] if words[:3] == ["checkout:", "moving", "from"] and len(words) > 3 else None


def read_head_log(git_dir: Path) -> tuple[Move, ...]:
    """The last moves, the oldest first; lines that are none are left out. Empty where there is no log."""
    moves = []
    with suppress(OSError), (git_dir / "logs" / "HEAD").open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _MOST_BYTES))
        if size > _MOST_BYTES:
            file.readline()
        for line in file:
            with suppress(ValueError):
                moves.append(_move(line, file.tell()))
    return tuple(moves)


def _move(line: bytes, end: int) -> Move:
    head, _, message = line.rstrip(b"\n").partition(b"\t")
    old, new, *_who, time, _zone = head.split(b" ")
    return Move(old.decode("ascii"), new.decode("ascii"), int(time), os.fsdecode(message), end)
