"""What an operation left in the log of its work tree's HEAD.

git notes whole seconds there, and scripts run several commands in one. So moves are known by their words,
in their order, and what one operation has claimed is no other's. What is ambiguous still is unknown.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from alignwatch.git.head_log import Move
from alignwatch.git.reflog import first_second

_OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_RETURNS = re.compile(r"returning to refs/heads/(.+)")
_GIVES_UP = re.compile(r"reset: moving to |am --abort")
_CONCLUDES = re.compile(r"commit \(|.*\(finish\): ")
_OWN = {
    "rebase": re.compile(r"rebase|pull .*\([a-z]+\): "),
    "am": re.compile(r"am: "),
    "merge": re.compile(r"merge |pull[^(]*: |commit \(merge\): "),
    "cherry-pick": re.compile(r"cherry-pick: |commit \(cherry-pick\): "),
    "revert": re.compile(r"revert: |commit: Revert "),
}
"""How the moves of each begin; git puts the options of a pull between its name and the rest."""
_RESOLVED_MERGE = re.compile(r"commit \(merge\): ")


class Trail(NamedTuple):
    """What is known; None where it is not."""

    tip_before: str | None = None
    tip_after: str | None = None
    onto: str | None = None
    """What the target pointed to, where the log says it."""
    branch: str | None = None
    """The branch at work; empty where none was checked out."""
    concluded: bool = False
    """Whether it came to its end, rather than being given up."""
    end: int = 0
    """How far the log is claimed now, in bytes."""


class Log(NamedTuple):
    """The log, and how to read it."""

    moves: Sequence[Move]
    """The oldest first."""
    claimed: int
    """How far it belongs to operations before, in bytes."""
    checked_out: str | None
    """The branch that is checked out now; None for none."""

    def within(self, started: float, ended: float) -> list[Move]:
        """The moves of a span of time, in seconds since the epoch, that nobody has claimed."""
        first = first_second(started)
        return [move for move in self.moves if move.end > self.claimed and first <= move.time <= ended]

    def after(self, move: Move) -> Iterator[Move]:
        """The moves behind one."""
        return (one for one in self.moves if one.end > move.end)

    def branch_before(self, moves: Iterable[Move]) -> str:
        """The branch that was left, or returned to by a rebase, first; else the one checked out still."""
        for move in moves:
            if returned := _RETURNS.search(move.message):
                return returned[1]
            if left := move.left_branch:
                return "" if _OBJECT_ID.fullmatch(left) else left
        return self.checked_out or ""


def trail_of_success(log: Log, sequencer: str, started: float, ended: float, *, stopped: bool) -> Trail:
    """What an operation left that came to its end.

    Args:
        log: the log of HEAD.
        sequencer: git's command that goes on with such an operation.
        started: when it did, in seconds since the epoch.
        ended: when it did.
        stopped: whether it had stopped meanwhile.
    """
    own = _own(sequencer, log.within(started, ended), stopped)
    return _trail(log, own) or trail_of_none(log, started, ended)


def trail_of_failure(log: Log, sequencer: str, started: float, ended: float) -> Trail:
    """What an operation left that was given up or killed; arguments as in :func:`trail_of_success`."""
    within = log.within(started, ended)
    if sequencer == "rebase" and (found := _trail(log, _one_rebase(within, finished=False))):
        return found
    reset = next((move for move in within if _GIVES_UP.match(move.message)), None)
    if reset is None:
        return trail_of_none(log, started, ended)
    return Trail(branch=log.branch_before(log.after(reset)), end=reset.end)


def trail_of_none(log: Log, started: float, ended: float) -> Trail:
    """Where HEAD was while an operation moved nothing; arguments as in :func:`trail_of_success`."""
    if any(move.left_branch for move in log.within(started, ended)):
        return Trail(end=log.claimed)  # Was that before it or after it? The log does not say.
    return Trail(branch=log.branch_before(log.within(started, math.inf)), end=log.claimed)


def _trail(log: Log, own: Sequence[Move]) -> Trail | None:
    if not own:
        return None
    returned = _RETURNS.search(own[-1].message)
    return Trail(
        tip_before=own[0].old,
        tip_after=own[-1].new,
        onto=_onto(own[0]),
        branch=returned[1] if returned else log.branch_before(log.after(own[-1])),
        concluded=any(_CONCLUDES.match(move.message) for move in own),
        end=own[-1].end,
    )


def _own(sequencer: str, moves: Sequence[Move], stopped: bool) -> Sequence[Move]:
    if sequencer == "rebase":
        return _one_rebase(moves, finished=True)
    own = _RESOLVED_MERGE if sequencer == "merge" and stopped else _OWN[sequencer]
    first = next((n for n, move in enumerate(moves) if own.match(move.message)), len(moves))
    if sequencer == "merge":
        return moves[first : first + 1]  # It moves HEAD once.
    return list(takewhile(lambda move: own.match(move.message), moves[first:]))


def _one_rebase(moves: Iterable[Move], *, finished: bool) -> Sequence[Move]:
    """The first rebase that came, or did not come, to its end."""
    rebases: list[list[Move]] = [[]]
    for move in moves:
        if not _OWN["rebase"].match(move.message):
            continue
        if rebases[-1] and ("(start)" in move.message or _RETURNS.search(rebases[-1][-1].message)):
            rebases.append([])
        rebases[-1].append(move)
    return next((one for one in rebases if one and ("(finish)" in one[-1].message) == finished), ())


def _onto(first: Move) -> str | None:
    told = "(start)" in first.message or first.message.endswith("Fast-forward")
    return first.new if told else None
