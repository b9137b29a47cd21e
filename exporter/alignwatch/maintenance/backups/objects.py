"""Every object of a restored repository, checked by ``git fsck``, with word of how far that is."""

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from alignwatch.git.command import Git, GitError
from alignwatch.git.refs import display
from alignwatch.maintenance.backups.git_words import complaint

STEP_SECONDS = 2.0
"""So long at least between two words."""
_MALFORMED = re.compile(r"(warning|error) in (blob|tree|commit|tag) [0-9a-f]+: ")
"""An object that is as it was made, though git would not make it so today."""
_OBJECTS = 1 | 4
"""The bits of fsck's exit code that such objects, and worse ones, set: the second one in packs."""
_NO_FAULT = re.compile(r"notice:|Checking [a-z ]+: ")
_PERCENT = re.compile(rb"Checking objects: +(\d+)%")


def check_objects(
    git: Git, restored: Path, deadline: float, environment: Mapping[str, str], tell: Callable[[str], None]
) -> int:
    """Checks all of them, and returns how many are malformed, and were so before.

    Args:
        git: runs it.
        restored: the repository.
        deadline: seconds.
        environment: variables for git.
        tell: is told how far it is.

    Raises:
        DamagedError: one is damaged or missing.
        AlignwatchError: git could not do it: out of time, out of memory.
    """
    listener, printed, code = _Listener(tell), list[bytes](), 0
    command = ("fsck", "--full", "--strict", "--no-dangling", "--progress")
    try:
        with git.lines(
            restored, *command, deadline=deadline, environment=environment, hear=listener.hear
        ) as lines:
            printed.extend(lines)
    except GitError as error:
        if error.exit_code_of_git is None:
            raise
        code = error.exit_code_of_git
    said = display(b"".join(printed) + listener.said.replace(b"\r", b"\n")).splitlines()
    faults = [line for line in said if line.strip() and not _NO_FAULT.match(line)]
    malformed = [line for line in faults if _MALFORMED.match(line)]
    explained = malformed and len(malformed) == len(faults) and not code & ~_OBJECTS
    if code != 0 and not explained:
        raise complaint("git fsck finds fault with it", restored, code, faults)
    return len(malformed)


class _Listener:
    """Hears what fsck says while it works."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.said = b""
        self._tell = tell
        self._told = time.monotonic()

    def hear(self, chunk: bytes) -> None:
        self.said += chunk
        percent = _PERCENT.findall(chunk)
        if percent and time.monotonic() - self._told >= STEP_SECONDS:
            self._told = time.monotonic()
            self._tell(f"{int(percent[-1])} % of the objects are checked")
