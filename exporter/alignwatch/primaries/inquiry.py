"""Asking git about one move, all questions together within one span of time."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alignwatch.git.command import Git, GitError
from alignwatch.git.shadow import ISOLATED, Shadow


@dataclass(frozen=True, slots=True)
class Move:
    """A primary that is elsewhere now."""

    branch: str
    old: str
    """The commit up to which its history has been judged."""
    new: str


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Where to ask, and until when. Every method raises :class:`GitError` where git cannot tell in time."""

    git: Git
    shadow: Shadow
    folder: Path
    """The shadow's, while it is open."""
    ends: float
    """Monotonic."""

    @property
    def left(self) -> float:
        """Seconds until the end."""
        return max(0.001, self.ends - time.monotonic())

    def ask(
        self,
        *arguments: str,
        expected: Sequence[int] = (0,),
        environment: Mapping[str, str] | None = None,
    ) -> bytes:
        """Runs one command and returns what it printed.

        Args:
            arguments: the subcommand and its arguments.
            expected: exit codes that are an answer.
            environment: variables that it sees besides.
        """
        done = self.git.run(
            self.folder,
            *arguments,
            deadline=self.left,
            expected=expected,
            nice=True,
            environment={**ISOLATED, **(environment or {})},
        )
        if done.stderr.startswith(b"error: "):
            # merge-tree goes on without a tree that it cannot read, and succeeds.
            said = done.stderr.decode("utf-8", "backslashreplace").splitlines()[0]
            raise GitError(f"git {arguments[0]}: {said}", reason="git")
        return done.stdout

    def ids(self, *arguments: str) -> list[str]:
        """The object ids that one command prints."""
        return self.ask(*arguments).decode("ascii").split()

    @contextmanager
    def fields(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> Iterator[Iterator[bytes]]:
        """Streams what one command prints with ``-z``. To be read to the end: git waits for the reader."""
        with self.git.fields(
            self.folder,
            *arguments,
            deadline=self.left,
            nice=True,
            environment={**ISOLATED, **(environment or {})},
        ) as fields:
            yield fields
