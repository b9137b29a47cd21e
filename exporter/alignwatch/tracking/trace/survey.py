"""What the files of the folder say together: which are of no interest, which process ran inside which."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from alignwatch.tracking.trace.events import (
    COMMIT,
    KINDS,
    RESET,
    GitRun,
    Head,
    read_head,
    read_run,
    with_inner,
)
from alignwatch.tracking.trace.folder import TraceFolder
from alignwatch.tracking.trace.worktrees import Place, Worktrees

_WANTED = frozenset((*KINDS, COMMIT, RESET))
"""Only these matter. None of the others' files is read beyond its first lines."""


class Caught(NamedTuple):
    """A command of interest, in a watched repository."""

    names: tuple[str, ...]
    """Its file's, and those of the processes inside it that matter."""
    head: Head
    place: Place


class Survey:
    """One look at all files.

    A process that ran inside an alignment is a part of it, so a pull that rebases is one. Inside anything
    else, an alias or a script of git's say, it stands for itself. That it ran inside one is known by that
    one's file, which is there until all that matters inside it is over.
    """

    def __init__(self, folder: TraceFolder, worktrees: Worktrees) -> None:
        """Looks.

        Raises:
            AlignwatchError: the journal cannot be used.
            OSError: the folder cannot be read.
        """
        self._folder = folder
        # Before the listing: then all that ran inside what has ended is in it.
        self._ended = {name for name in folder.names() if folder.has_ended(name)}
        self._heads: dict[str, Head] = {}
        self.names = folder.names()
        self.unwanted: list[str] = []
        self.ended: list[Caught] = []
        """In the order in which they started."""
        self.running: list[Caught] = []
        self.certain = True
        """Whether each file says already what its process does, and where."""
        for name in self.names:
            self._read_head(name)
        for head in self._heads.values():
            outer = self._heads.get(head.session.split("/")[-2:][0])
            if outer and outer.name == "worktree" and outer.worktree and head.worktree:
                worktrees.learn(head.worktree, outer.worktree)
        for family in _families(self._heads):
            self._sort_in(family, worktrees)

    @property
    def busy(self) -> frozenset[str]:
        """Work trees in which a command of interest runs, or has run since the last look."""
        return frozenset(one.head.worktree or "" for one in (*self.ended, *self.running))

    def run_of(self, caught: Caught, at_work: Mapping[str, float]) -> GitRun:
        """Reads what has ended.

        Args:
            caught: one of :attr:`ended`.
            at_work: when a file's process was last seen to run, in seconds since the epoch.
        """
        outer, *inner = (self._read(name, at_work.get(name, 0.0)) for name in caught.names)
        return with_inner(outer, inner)

    def _read_head(self, name: str) -> None:
        head = read_head(self._folder.lines(name))
        if head is not None:
            self._heads[name] = head
        elif name in self._ended:
            self.unwanted.append(name)
        else:
            self.certain = False

    def _sort_in(self, family: Sequence[str], worktrees: Worktrees) -> None:
        first, *inner = family
        head = self._heads[first]
        place = worktrees.place_of(head.worktree) if head.name in _WANTED and head.worktree else None
        if place is None:
            self.unwanted += family
            return
        telling = [name for name in inner if self._tells(name)]
        self.unwanted += [name for name in inner if name not in telling]
        caught = Caught((first, *telling), head, place)
        over = self._ended.issuperset(caught.names)
        (self.ended if over else self.running).append(caught)

    def _tells(self, name: str) -> bool:
        """Whether a process inside an alignment has something to add to it, or may have."""
        if self._heads[name].name in KINDS:
            return True
        if self._heads[name].name != COMMIT:
            return False
        return name not in self._ended or self._read(name, 0.0).editing > 0

    def _read(self, name: str, at_work: float) -> GitRun:
        at_work = max(at_work, self._folder.silent_since(name))
        return read_run(self._heads[name], self._folder.lines(name), at_work)


def _families(heads: Mapping[str, Head]) -> Iterable[list[str]]:
    """Each alignment's file with those of all that ran inside it, and each other one for itself."""
    families: dict[str, list[str]] = {}
    for name, head in heads.items():
        outside = head.session.split("/")[:-1]
        alignment = next((one for one in outside if one in heads and heads[one].name in KINDS), None)
        if alignment is None:
            families.setdefault(name, []).insert(0, name)
        else:
            families.setdefault(alignment, []).append(name)
    return families.values()
