"""A script of real alignments of every kind, and what each of them is."""

import os
import random
import signal
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from support.repositories import Commit, git, import_history, new_repository
from support.tracing import Traced
from support.waiting import wait_until

BASE = {"f": "base\n", "h": "base\n"}


class Aligned(NamedTuple):
    """What is to be recorded of one alignment."""

    repository: str
    branch: str
    operation: str
    target: str
    outcome: str


def alignable(folder: Path, branches: int) -> Path:
    """A repository with branches ``w0``, ``w1`` ... in which everything may happen.

    ``easy`` merges with them, ``main`` conflicts, and ``old`` they contain.
    """
    made = new_repository(folder)
    history = [
        Commit("base", files=BASE),
        Commit("main", ["base"], {"f": "main\n"}),
        Commit("easy", ["base"], {"g": "easy\n"}),
        Commit("w", ["base"], {"f": "work\n"}),
        Commit("w2", ["w"], {"f": "more work\n", "i": "more\n"}),
    ]
    names = {"main": "main", "easy": "easy", "old": "base"}
    import_history(made, history, {**names, **{f"w{number}": "w2" for number in range(branches)}})
    return made


class Script:
    """Alignments in one work tree, one after another."""

    def __init__(self, traced: Traced, worktree: Path, repository: str, branch: str, patches: Path) -> None:
        self._traced = traced
        self._folder = worktree
        self._repository = repository
        self._branch = branch
        self._patches = patches
        self._start = git(worktree, "rev-parse", branch)
        self._ready = patches / f"{repository}-{branch}-ready"
        self.done: list[Aligned] = []

    def run(self, times: int, seed: int) -> Iterator[None]:
        """Aligns so many times; every kind of course comes, in an order of its own."""
        courses = list(COURSES)
        random.Random(seed).shuffle(courses)
        for _, course in zip(range(times), cycle(courses), strict=False):
            self._reset()
            course(self)
            yield

    def expect(self, operation: str, outcome: str, target: str = "main") -> None:
        """Notes what was done."""
        self.done.append(Aligned(self._repository, self._branch, operation, target, outcome))

    def git(self, *arguments: str, code: int = 0) -> None:
        """Types a command."""
        ended = self._traced.git(self._folder, *arguments, GIT_EDITOR="true")
        assert ended == code, (arguments, ended)

    def stop(self, *arguments: str) -> None:
        """Types a command that fails."""
        assert self._traced.git(self._folder, *arguments) != 0, arguments

    def resolve(self) -> None:
        """Resolves conflicts as a person does."""
        (self._folder / "f").write_text(f"resolved {len(self.done)}\n")
        self.git("add", "--all")

    def patch(self, name: str) -> str:
        """A file with a branch's last commit."""
        return str(self._patches / f"{name}.patch")

    def kill(self, *arguments: str) -> None:
        """Starts git, and kills it and all that it has started while it waits."""
        process = self._traced.start(
            self._folder, *arguments, "--exec", f"touch '{self._ready}'; sleep 60", "easy"
        )
        wait_until(self._ready.exists, "git waits")
        self._ready.unlink()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _reset(self) -> None:
        # Nobody's alignment, so git does not tell of it.
        git(self._folder, "symbolic-ref", "HEAD", f"refs/heads/{self._branch}")
        git(self._folder, "reset", "--quiet", "--hard", self._start)


def write_patches(repository: Path, folder: Path) -> Path:
    """Writes the last commits of ``main`` and ``easy`` as files."""
    folder.mkdir(exist_ok=True)
    for name in ("main", "easy"):
        (folder / f"{name}.patch").write_text(git(repository, "format-patch", "--stdout", "-1", name) + "\n")
    return folder


def _one(
    operation: str, outcome: str, *command: str, target: str = "main", code: int = 0
) -> Callable[[Script], None]:
    def course(script: Script) -> None:
        script.git(*(script.patch(word[1:]) if word.startswith("%") else word for word in command), code=code)
        script.expect(operation, outcome, target)

    return course


def _stopped(operation: str, outcome: str, begin: str, *ends: str) -> Callable[[Script], None]:
    def course(script: Script) -> None:
        words = begin.split()
        script.stop(*(script.patch(word[1:]) if word.startswith("%") else word for word in words))
        for end in ends[:-1]:
            if end == "resolve":
                script.resolve()
            else:
                script.stop(*end.split())
        script.git(*ends[-1].split())
        script.expect(operation, outcome)

    return course


def _killed(script: Script) -> None:
    script.kill("rebase")
    script.expect("rebase", "cancelled", "easy")
    script.git("rebase", "--abort")


def _scripted(script: Script) -> None:
    script.git("-c", "alias.both=!git merge --no-edit easy && git rebase easy", "both")
    script.expect("merge", "success", "easy")
    script.expect("rebase", "success", "easy")


def _dirty(script: Script) -> None:
    (script._folder / "f").write_text("not committed\n")
    script.git("rebase", "easy", code=1)
    script.expect("rebase", "failed", "easy")


def _harmless(script: Script) -> None:
    for command in (
        "status",
        "log -1",
        "commit --quiet --allow-empty -m x",
        "branch",
        "fetch --quiet . main",
    ):
        script.git(*command.split())
    script.git("merge", "--no-edit", "easy")
    script.expect("merge", "success", "easy")


COURSES: tuple[Callable[[Script], None], ...] = (
    _one("rebase", "success", "rebase", "easy", target="easy"),
    _one("rebase", "not_needed", "rebase", "old", target="old"),
    _one("rebase", "failed", "rebase", "no-such", target="no-such", code=128),
    _dirty,
    _stopped(
        "rebase", "success", "rebase main", "resolve", "rebase --continue", "resolve", "rebase --continue"
    ),
    _stopped("rebase", "success", "rebase main", "rebase --skip", "rebase --skip"),
    _stopped("rebase", "aborted", "rebase main", "rebase --abort"),
    _stopped("rebase", "aborted", "rebase --apply main", "rebase --abort"),
    _one("merge", "success", "merge", "--no-edit", "easy", target="easy"),
    _one("merge", "not_needed", "merge", "old", target="old"),
    _one("merge", "failed", "merge", "no-such", target="no-such", code=1),
    _stopped("merge", "success", "merge main", "resolve", "commit --quiet --no-edit"),
    _stopped("merge", "success", "merge main", "resolve", "merge --continue"),
    _stopped("merge", "aborted", "merge main", "merge --abort"),
    _stopped("merge", "aborted", "merge main", "reset --quiet --hard"),
    _one("cherry-pick", "success", "cherry-pick", "easy"),
    _stopped("cherry-pick", "success", "cherry-pick main", "resolve", "cherry-pick --continue"),
    _stopped("cherry-pick", "success", "cherry-pick main", "resolve", "commit --quiet --no-edit"),
    _stopped("cherry-pick", "aborted", "cherry-pick main", "cherry-pick --abort"),
    _one("revert", "success", "revert", "--no-edit", "HEAD"),
    _stopped("revert", "aborted", "revert --no-edit HEAD~1", "revert --abort"),
    _stopped("revert", "success", "revert --no-edit HEAD~1", "resolve", "revert --continue"),
    _one("am", "success", "am", "--quiet", "%easy"),
    _stopped("am", "aborted", "am --quiet %main", "am --abort"),
    _stopped("am", "success", "am --quiet --3way %main", "resolve", "am --continue"),
    _one("pull", "success", "pull", "--quiet", "--rebase", ".", "easy", target="easy"),
    _one("pull", "not_needed", "pull", "--quiet", "--no-rebase", ".", "old", target="old"),
    _stopped("pull", "success", "pull --rebase . main", "rebase --skip", "rebase --skip"),
    _stopped("pull", "aborted", "pull --no-rebase . main", "merge --abort"),
    _killed,
    _scripted,
    _harmless,
)
"""Everything that alignments come to."""
