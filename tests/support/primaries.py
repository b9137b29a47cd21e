"""A real repository whose ``main`` is moved by git as people move it, and what is said of the move."""

import time
from collections.abc import Sequence
from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.git.shadow import Shadow
from alignwatch.primaries.finding import Finding
from alignwatch.primaries.inquiry import Inquiry, Move
from alignwatch.primaries.judgement import judge
from alignwatch.primaries.never_merge import Opposite
from support.repositories import git, new_repository


def text(name: str, lines: int) -> str:
    """So many lines that are found nowhere else."""
    return "".join(f"{name} line {number}\n" for number in range(lines))


class Story:
    """A work tree on ``main``."""

    def __init__(self, folder: Path, runner: Git) -> None:
        self.folder = folder if folder.exists() else new_repository(folder)
        self._runner = runner
        self._shadow = folder.parent / f"{folder.name}-shadow"

    def git(self, *arguments: str, check: bool = True) -> str:
        """Runs git in it."""
        return git(self.folder, *arguments, check=check)

    def write(self, path: str, content: str | bytes) -> None:
        """Writes a file of the work tree."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, **files: str | bytes | None) -> str:
        """Commits all that is in the work tree, these files first written; None removes one.

        ``__`` in a keyword is a slash, and each file is called ``.txt``.
        """
        for name, content in files.items():
            path = f"{name.replace('__', '/')}.txt"
            if content is None:
                (self.folder / path).unlink()
            else:
                self.write(path, content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")
        return self.tip()

    def tip(self, branch: str = "HEAD") -> str:
        """The commit that a branch is at."""
        return self.git("rev-parse", "--verify", branch)

    def on(self, branch: str, at: str | None = None) -> None:
        """Goes to a branch, which is made anew where ``at`` says from what."""
        self.git("checkout", "--quiet", *(["-B", branch, at] if at else [branch]))

    def merge(self, *arguments: str, check: bool = True) -> str:
        """Merges with a commit of its own and returns the tip."""
        self.git("merge", "--quiet", "--no-ff", "--no-edit", *arguments, check=check)
        return self.tip()

    def judge(
        self, old: str, new: str = "main", others: Sequence[Opposite] = (), deadline: float = 60.0
    ) -> tuple[Finding, ...]:
        """What is said of a move of ``main``."""
        return self.judge_ids(self.tip(old), self.tip(new), others, deadline)

    def judge_ids(
        self, old: str, new: str, others: Sequence[Opposite] = (), deadline: float = 60.0
    ) -> tuple[Finding, ...]:
        """The same of commits that need not be there."""
        shadow = Shadow(self._shadow, self.folder)
        with shadow.opened(new) as folder:
            inquiry = Inquiry(self._runner, shadow, folder, time.monotonic() + deadline)
            return judge(inquiry, Move("main", old, new), others)

    def events(self, old: str, new: str = "main") -> list[str]:
        """The kinds of what is said."""
        return sorted(one.event for one in self.judge(old, new))
