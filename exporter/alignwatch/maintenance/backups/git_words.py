"""What git says when something is wrong: with a backup, or only with the machine that it is tried on."""

import errno
import os
from collections.abc import Sequence
from pathlib import Path

from alignwatch.errors import AlignwatchError
from alignwatch.maintenance.backups.manifest import DamagedError
from alignwatch.text import printable

_TELLING = ("error:", "fatal:", "missing ", "broken ")
_OF_THE_MACHINE = (
    *(os.strerror(code) for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOMEM, errno.EAGAIN)),
    "Out of diskspace",
    "died of signal",
    "out of memory",
)
_READER_OF_PACKS_ENDED = "fatal: fetch-pack: invalid index-pack output"
"""What is wrong with a pack its reader says itself; it says nothing only when it is killed, as for memory."""


def complaint(what: str, folder: Path, exit_code: int, said: Sequence[str]) -> AlignwatchError:
    """The error of a git that failed: a :class:`DamagedError` if the backup is to blame.

    Args:
        what: what is wrong with a backup of which git says so.
        folder: where git ran.
        exit_code: git's; negative for a signal.
        said: its lines.
    """
    if exit_code < 0 or any(map(is_of_the_machine, said)) or said == [_READER_OF_PACKS_ENDED]:
        why = printable(" ".join(said)) or f"signal {-exit_code}"
        return AlignwatchError(f"{printable(str(folder))}: no backup can be tried here: {why}")
    telling = [line for line in said if line.startswith(_TELLING)]
    return DamagedError(f"{what}: {printable(next(iter(telling or said), f'exit code {exit_code}'))}")


def is_of_the_machine(line: str) -> bool:
    """Whether git says that it could not do its work, whatever it works on."""
    return any(words.lower() in line.lower() for words in _OF_THE_MACHINE)
