"""Telling git to write its events where the listener reads them, and whether that works."""

import os
import secrets
import time
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from alignwatch.errors import UsageError
from alignwatch.git.command import Git
from alignwatch.text import printable
from alignwatch.tracking.trace.folder import MOST_FILES, TraceFolder

_TARGET, _LIMIT = "trace2.eventTarget", "trace2.maxFiles"
_DEADLINE = 10.0
PATIENCE_SECONDS = 3.0
"""Three times as long as an exporter takes until it looks again."""
_POLL_SECONDS = 0.05
_ROOT = Path("/")
_OWNERS, _EVERYBODYS = 0o700, 0o1733
"""Everybody may leave a file there; only the owner sees which there are, and removes them."""


class Scope(StrEnum):
    """For whose git; git honours a target in no other place."""

    GLOBAL = "global"
    SYSTEM = "system"


class Target(NamedTuple):
    """One configured target."""

    scope: str
    origin: str
    """Such as ``file:/etc/gitconfig``."""
    value: str


class Arrival(NamedTuple):
    """What became of the events of a git command that was run to see that."""

    arrives: bool
    """Whether git wrote them into the folder."""
    read: bool
    """Whether an exporter took them from there."""


class Installation:
    """git's configuration of one folder."""

    def __init__(self, git: Git, folder: Path) -> None:
        """Takes what runs git, and where events go."""
        self._git = git
        self._folder = TraceFolder(folder)
        # With the slash git does not take it for a file when it is missing.
        self._value = f"{folder.absolute()}/"

    def targets(self) -> tuple[Target, ...]:
        """Every target that git honours, the one that holds last.

        Raises:
            GitError: git could not tell.
        """
        done = self._git.run(
            _ROOT,
            *("config", "--null", "--show-scope", "--show-origin", "--get-all", _TARGET),
            deadline=_DEADLINE,
            expected=(0, 1),
        )
        fields = iter(map(os.fsdecode, done.stdout.split(b"\0")[:-1]))
        found = (Target(*three) for three in zip(fields, fields, fields, strict=True))
        return tuple(target for target in found if target.scope in list(Scope))

    def is_ours(self, target: Target) -> bool:
        """Whether a target is the folder."""
        return target.value == self._value

    def install(self, scope: Scope) -> bool:
        """Makes the folder and tells git of it; returns False if git knew it there.

        Raises:
            UsageError: another target is there; nothing was changed.
            GitError: git refused to write its configuration.
            OSError: the folder could not be made.
        """
        targets = self.targets()
        for target in targets:
            if not self.is_ours(target):
                raise UsageError(
                    f"{_TARGET} is {printable(target.value)} already ({printable(target.origin)}), and git "
                    "writes to one place only; remove it there first, or do without"
                )
        self._make_folder(scope)
        if any(target.scope == scope for target in targets):
            return False
        self._configure(scope, _LIMIT, str(MOST_FILES))
        self._configure(scope, _TARGET, self._value)
        return True

    def uninstall(self, scope: Scope) -> bool:
        """Removes what :meth:`install` made, and nothing else; returns False if there was nothing.

        The folder stays while it holds events.

        Raises:
            GitError: git refused to write its configuration.
        """
        if not any(target.scope == scope and self.is_ours(target) for target in self.targets()):
            return False
        for key, value in ((_TARGET, self._value), (_LIMIT, str(MOST_FILES))):
            # 5: there is no such line any more.
            self._config(scope, "--fixed-value", "--unset-all", key, value, expected=(0, 5))
        if not any(map(self.is_ours, self.targets())):
            with suppress(OSError):
                self._folder.path.rmdir()
        return True

    def try_out(self, traced: Git) -> Arrival:
        """Runs a git command that does nothing, and looks for its events.

        Args:
            traced: runs git so that trace2 sees it.

        Raises:
            GitError: git could not be run.
        """
        for _ in range(3):
            # An exporter may take them before we look.
            token = secrets.token_hex(16)
            traced.run(_ROOT, "-c", f"alignwatch.test={token}", "version", deadline=_DEADLINE)
            name = self._file_with(token.encode())
            if name is not None:
                return Arrival(arrives=True, read=self._is_taken(name))
        return Arrival(arrives=False, read=False)

    def closed_to_others(self) -> Path | None:
        """The folder on the way that keeps other users' git from writing; None if there is none."""
        for folder in (self._folder.path, *self._folder.path.parents):
            if not folder.stat().st_mode & 0o001:
                return folder
        return None

    def _make_folder(self, scope: Scope) -> None:
        path = self._folder.path
        path.parent.mkdir(mode=_OWNERS, parents=True, exist_ok=True)
        path.mkdir(exist_ok=True)
        path.chmod(_OWNERS if scope is Scope.GLOBAL else _EVERYBODYS)
        if os.geteuid() == 0:
            # The exporter may be somebody else, whose state folder this is.
            owner = path.parent.stat()
            os.chown(path, owner.st_uid, owner.st_gid)

    def _configure(self, scope: Scope, key: str, value: str) -> None:
        if self._config(scope, "--get", key, expected=(0, 1)) != 0:
            self._config(scope, key, value)

    def _config(self, scope: Scope, *arguments: str, expected: tuple[int, ...] = (0,)) -> int:
        return self._git.run(
            _ROOT, "config", f"--{scope}", *arguments, deadline=_DEADLINE, expected=expected
        ).exit_code

    def _file_with(self, token: bytes) -> str | None:
        with suppress(FileNotFoundError, NotADirectoryError):
            for name in reversed(self._folder.names()):
                if any(token in line for line in self._folder.lines(name)):
                    return name
        return None

    def _is_taken(self, name: str) -> bool:
        ends = time.monotonic() + PATIENCE_SECONDS
        while (self._folder.path / name).exists():
            if time.monotonic() > ends:
                return False
            time.sleep(_POLL_SECONDS)
        return True
