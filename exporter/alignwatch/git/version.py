"""Which git runs?"""

import re
from dataclasses import dataclass
from pathlib import Path

from alignwatch.git.command import Git

_DEADLINE = 4.0
_PREFIX = "git version "
_NUMBERS = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class GitVersion:
    """What git says of itself."""

    shown: str
    """All of it, as in ``2.39.5 (Apple Git-154)``."""
    numbers: tuple[int, int, int] | None
    """The first three, or None where it does not say a version."""


def git_version(git: Git) -> GitVersion:
    """Asks it.

    Raises:
        GitError: it does not run.
    """
    said = git.run(Path("/"), "version", deadline=_DEADLINE).stdout.decode(errors="replace").strip()
    shown = said.removeprefix(_PREFIX)
    found = _NUMBERS.match(shown) if said.startswith(_PREFIX) else None
    return GitVersion(shown, found and (int(found[1]), int(found[2]), int(found[3] or 0)))
