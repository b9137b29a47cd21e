"""A git that does what a test says."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alignwatch.git.command import Git
from support.repositories import ENVIRONMENT
from support.waiting import wait_until


def fake_git(folder: Path, script: str) -> Git:
    """Runs a shell script in place of git."""
    program = folder / "fake-git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Git(str(program), ENVIRONMENT)


def counting_from(mark: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has every deadline of git count from when there is a mark, however slowly a busy machine starts it."""
    started = Git._started

    @contextmanager
    def started_and_marked(*arguments: Any) -> Iterator[subprocess.Popen[bytes]]:
        with started(*arguments) as process:
            wait_until(mark.exists, "the fake git")
            yield process

    monkeypatch.setattr(Git, "_started", started_and_marked)


class MergeTrees:
    """The real git, which notes the merges that it is asked for, and fails as a test says."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "merges"
        self._culprits = folder / "culprits"
        self._culprits.touch()
        self._log.touch()
        self._folder = folder
        self._told = 0

    def git(self, on_culprit: str = "exit 1") -> Git:
        """Runs it; with a culprit among the merges this shell command runs instead.

        ``answer`` is what git says of the merges before the culprit.
        """
        return fake_git(
            self._folder,
            f"""case "$*" in
                *merge-tree*)
                    given=$(cat)
                    echo "$given" >> {self._log}
                    culprit=$(echo "$given" | grep -n -f {self._culprits} | head -n 1 | cut -d : -f 1)
                    answer() {{ echo "$given" | head -n $((culprit - 1)) | git "$@"; }}
                    if [ "$culprit" ]; then {on_culprit}; fi
                    echo "$given" | exec git "$@";;
                *) exec git "$@";;
            esac""",
        )

    def blame(self, commit: str) -> None:
        """Makes a commit a culprit."""
        with self._culprits.open("a") as file:
            file.write(f"{commit}\n")

    def asked(self) -> list[str]:
        """The branch tips whose merges were asked for since the last call."""
        lines = self._log.read_text().splitlines()
        new, self._told = lines[self._told :], len(lines)
        return [line.split()[1] for line in new]
