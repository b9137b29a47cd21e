"""How many of some commits does each of many tips reach?

Each tip is one bit of an integer, and a commit comes as a mask: the tips that reach it. Looping over the
bits of every mask would take several times as long as reading the history. But commits that follow each
other are reached by almost the same tips, so what is noted is only where a bit comes and where it goes.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_RUNS = 2
"""A walk goes to and fro between a long line, which many tips reach, and branches that leave it."""
_FEW_BITS = 64
"""Up to so many bits a loop over them is quicker than an operation on all lanes."""


@dataclass(slots=True)
class _Run:
    """Commits whose masks resemble each other."""

    mask: int = 0
    """Of the last one."""
    commits: int = 0


@dataclass(slots=True)
class Tally:
    """Takes masks of so many bits; quick where neighbours resemble each other, correct in any order."""

    tips: int
    commits: int = 0
    """How many were added; less than 2 ** 32."""
    _runs: list[_Run] = field(default_factory=lambda: [_Run() for _ in range(_RUNS)])
    _last: _Run = field(default_factory=_Run)
    _totals: list[int] = field(default_factory=list)
    """By tip: the commits of its run when its bit went, less those when it came."""
    _lanes: int = 0
    """The same of whole masks at once: 32 bits of room for each tip."""

    def __post_init__(self) -> None:
        self._totals = [0] * self.tips
        self._last = self._runs[0]

    def add(self, mask: int) -> None:
        """Counts one commit for each tip in its mask."""
        if mask != self._last.mask:
            self._last = self._turn_nearest(mask)
        self._last.commits += 1
        self.commits += 1

    def totals(self) -> list[int]:
        """By tip, the commits that it reaches among those that were added."""
        for run in self._runs:
            self._end(run)
        lanes = struct.unpack(f"<{self.tips}I", self._lanes.to_bytes(4 * self.tips, "little"))
        return list(map(int.__add__, self._totals, lanes))

    def _turn_nearest(self, mask: int) -> _Run:
        run = min(self._runs, key=lambda one: (one.mask ^ mask).bit_count())
        changed = run.mask ^ mask
        if changed.bit_count() > _FEW_BITS:
            self._end(run)
        else:
            for tip in bits(changed & mask):
                self._totals[tip] -= run.commits
            for tip in bits(changed & run.mask):
                self._totals[tip] += run.commits
        run.mask = mask
        return run

    def _end(self, run: _Run) -> None:
        # The digits of a binary number, as UTF-32, are lanes; the lowest bit of "0" and "1" is the digit.
        digits = int.from_bytes(f"{run.mask:b}".encode("utf-32-be"), "big")
        lowest_of_each_lane = int.from_bytes(bytes([1, 0, 0, 0]) * self.tips, "little")
        self._lanes += run.commits * (digits & lowest_of_each_lane)
        run.mask = run.commits = 0


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
