"""Ahead, behind and merge base of any number of branches against any number of targets, in one walk.

``git rev-list`` streams every commit reachable from any tip, children before parents. Each tip is one
bit of an integer; a commit's mask is the set of tips that reach it. A commit counts as *ahead* for the
branches that reach it when the target does not, and as *behind* the other way round. Few masks are
distinct (hundreds for hundreds of branches), so the sums are taken over masks instead of commits.

A merge base is a commit that both reach and that has no descendant which both reach: the first common
commit on each path, which a second mask per target finds.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alignwatch.git.command import Git


@dataclass(frozen=True, slots=True)
class Drift:
    """One branch tip against one target tip."""

    ahead: int
    behind: int
    merge_bases: tuple[str, ...]
    """All best common ancestors; none for unrelated histories."""
    merge_base_time: float | None
    """Commit time of the newest of them, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What one walk found."""

    tip_times: Mapping[str, float]
    """Commit time of each tip that exists, in seconds since the epoch."""
    drifts: Mapping[tuple[str, str], Drift]
    """By (tip, target); pairs with a missing commit are absent."""


@dataclass(slots=True)
class _Bases:
    """The merge bases of all tips with one target, while walking."""

    bit: int
    below: dict[bytes, int] = field(default_factory=dict)
    """For commits still to come: tips that have a common descendant of that commit with the target."""
    found: dict[int, list[tuple[int, bytes]]] = field(default_factory=dict)
    """Tip's index -> (time, commit)."""

    def visit(self, commit: bytes, time: bytes, mask: int, parents: Sequence[bytes]) -> None:
        below = self.below.pop(commit, 0)
        if mask & self.bit:
            for index in _bits(mask & ~below):
                self.found.setdefault(index, []).append((int(time), commit))
            below |= mask
        if below:
            for parent in parents:
                self.below[parent] = self.below.get(parent, 0) | below


def walk(git: Git, repository: Path, pairs: Iterable[tuple[str, str]], deadline: float) -> Walk:
    """Measures (tip, target) pairs of object ids.

    Tips that are missing or no commits are left out; a missing commit further down ends the walk.

    Raises:
        GitError: git could not walk the whole history.
    """
    wanted = list(dict.fromkeys(pairs))
    targets = list(dict.fromkeys(target for _, target in wanted))
    tips = list(dict.fromkeys([*targets, *(tip for tip, _ in wanted)]))
    if not tips:
        return Walk({}, {})
    index_of = {tip: index for index, tip in enumerate(tips)}
    masks: dict[int, int] = {}
    times: dict[str, float] = {}
    bases = {target: _Bases(1 << index_of[target]) for target in targets}
    reached = {tip.encode(): 1 << index for tip, index in index_of.items()}
    starts = frozenset(reached)
    arguments = ("rev-list", "--topo-order", "--parents", "--timestamp", "--ignore-missing", "--stdin")
    stdin = "".join(f"{tip}\n" for tip in tips).encode()
    with git.lines(repository, *arguments, deadline=deadline, stdin=stdin) as lines:
        for line in lines:
            stamp, commit, *parents = line.split()
            mask = reached.pop(commit)
            masks[mask] = masks.get(mask, 0) + 1
            if commit in starts:
                times[commit.decode()] = float(stamp)
            for parent in parents:
                reached[parent] = reached.get(parent, 0) | mask
            for base in bases.values():
                base.visit(commit, stamp, mask, parents)
    counts = {target: _count(masks, bases[target].bit, len(tips)) for target in targets}
    return Walk(
        times,
        {
            (tip, target): _drift(counts[target], bases[target], index_of[tip])
            for tip, target in wanted
            if tip in times and target in times
        },
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """Commits by tip's index against one target."""

    ahead: Sequence[int]
    common: Sequence[int]
    target: int
    """Commits that the target reaches."""


def _count(masks: Mapping[int, int], target_bit: int, tips: int) -> _Counts:
    common = {mask: commits for mask, commits in masks.items() if mask & target_bit}
    lacking = {mask: commits for mask, commits in masks.items() if not mask & target_bit}
    return _Counts(_sum_by_bit(lacking, tips), _sum_by_bit(common, tips), sum(common.values()))


def _sum_by_bit(masks: Mapping[int, int], bits: int) -> Sequence[int]:
    """For each bit, the sum of the values of all masks in which it is set.

    A loop over the bits of every mask takes a third of the whole walk. Here each bit gets 32 bits of
    room in one large integer, so that a mask is added to all its sums at once: the digits of a binary
    number, as UTF-32, are such lanes, and the lowest bit of "0" and "1" is the digit.
    """
    lowest_of_each_lane = int.from_bytes(bytes([1, 0, 0, 0]) * bits, "little")
    sums = 0
    for mask, value in masks.items():
        sums += value * (int.from_bytes(f"{mask:b}".encode("utf-32-be"), "big") & lowest_of_each_lane)
    return struct.unpack(f"<{bits}I", sums.to_bytes(4 * bits, "little"))


def _drift(counts: _Counts, bases: _Bases, index: int) -> Drift:
    found = sorted(bases.found.get(index, ()), reverse=True)
    return Drift(
        ahead=counts.ahead[index],
        behind=counts.target - counts.common[index],
        merge_bases=tuple(commit.decode() for _, commit in found),
        merge_base_time=float(found[0][0]) if found else None,
    )


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
