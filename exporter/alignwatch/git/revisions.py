"""Ahead, behind and merge base of branches against their targets.

For any number of them in one walk: ``git rev-list`` streams every commit reachable from any tip, children
before parents. Each tip is one bit of an integer; a commit's mask is the set of tips that reach it. A
commit counts as *ahead* for the branches that reach it when the target does not, and as *behind* the other
way round. A merge base is a commit that both reach and that has no descendant which both reach: the first
common commit on each path, which a second mask per target finds.

For a single pair git itself is asked, which need not go back to the beginning.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.git.tally import Tally, bits

Pair = tuple[str, str]
"""Commits: a branch's tip and its target's."""
Environment = Mapping[str, str]


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

    drifts: Mapping[Pair, Drift]
    """Pairs with a commit that is missing, or is none, are absent."""
    commits: int
    """How many were walked."""


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
            for index in bits(mask & ~below):
                self.found.setdefault(index, []).append((int(time), commit))
            below |= mask
        if below:
            for parent in parents:
                self.below[parent] = self.below.get(parent, 0) | below


def walk(
    git: Git,
    repository: Path,
    pairs: Iterable[Pair],
    deadline: float,
    environment: Environment | None = None,
) -> Walk:
    """Measures any number of pairs.

    Tips that are missing or no commits are left out; a missing commit further down ends the walk.

    Raises:
        GitError: git could not walk the whole history.
    """
    wanted = list(dict.fromkeys(pairs))
    targets = list(dict.fromkeys(target for _, target in wanted))
    tips = list(dict.fromkeys([*targets, *(tip for tip, _ in wanted)]))
    if not tips:
        return Walk({}, 0)
    index_of = {tip.encode(): index for index, tip in enumerate(tips)}
    bases = {target: _Bases(1 << index) for index, target in enumerate(targets)}
    every_target = (1 << len(targets)) - 1
    tallies: dict[int, Tally] = {}
    """By the targets that reach the commits."""
    reached: dict[bytes, int] = {}
    arguments = ("rev-list", "--topo-order", "--parents", "--timestamp", "--ignore-missing", "--stdin")
    stdin = "".join(f"{tip}\n" for tip in tips).encode()
    with git.lines(repository, *arguments, deadline=deadline, stdin=stdin, environment=environment) as lines:
        for line in lines:
            stamp, commit, *parents = line.split()
            mask = reached.pop(commit, 0)
            index = index_of.get(commit)
            if index is not None:
                mask |= 1 << index
            tally = tallies.get(mask & every_target)
            if tally is None:
                tally = tallies[mask & every_target] = Tally(len(tips))
            tally.add(mask)
            for parent in parents:
                reached[parent] = reached.get(parent, 0) | mask
            for base in bases.values():
                base.visit(commit, stamp, mask, parents)
    totals = {which: tally.totals() for which, tally in tallies.items()}
    reaches = _sums(totals.values(), len(tips))
    drifts: dict[Pair, Drift] = {}
    for number, target in enumerate(targets):
        common = _sums((total for which, total in totals.items() if which >> number & 1), len(tips))
        for tip in (tip for tip, other in wanted if other == target):
            index = index_of[tip.encode()]
            if reaches[index] and reaches[number]:
                ahead, behind = reaches[index] - common[index], reaches[number] - common[index]
                drifts[tip, target] = _drift(ahead, behind, bases[target].found.get(index, ()))
    return Walk(drifts, sum(tally.commits for tally in tallies.values()))


def compare(
    git: Git,
    repository: Path,
    pair: Pair,
    deadline: float,
    environment: Environment | None = None,
) -> Drift:
    """Measures one pair.

    Raises:
        GitError: a commit is missing, or git could not tell.
    """
    ends = time.monotonic() + deadline

    def ask(*arguments: str, expected: Sequence[int] = (0,)) -> list[str]:
        left = max(0.0, ends - time.monotonic())
        done = git.run(repository, *arguments, deadline=left, expected=expected, environment=environment)
        return done.stdout.decode("ascii").split()

    tip, target = pair
    counted = ("0", "0") if tip == target else ask("rev-list", "--left-right", "--count", f"{tip}...{target}")
    ahead, behind = map(int, counted)
    if ahead and behind:
        # 1 is for histories that are not related.
        bases = ask("merge-base", "--all", tip, target, expected=(0, 1))
    else:
        bases = [target if ahead else tip]
    found = ask("rev-list", "--no-walk", "--timestamp", *bases) if bases else []
    return _drift(ahead, behind, [(int(found[i]), found[i + 1].encode()) for i in range(0, len(found), 2)])


def _sums(lists: Iterable[Sequence[int]], length: int) -> Sequence[int]:
    """Number by number."""
    return [sum(numbers) for numbers in zip([0] * length, *lists, strict=True)]


def _drift(ahead: int, behind: int, bases: Iterable[tuple[int, bytes]]) -> Drift:
    found = sorted(bases, reverse=True)
    return Drift(
        ahead=ahead,
        behind=behind,
        merge_bases=tuple(commit.decode() for _, commit in found),
        merge_base_time=float(found[0][0]) if found else None,
    )
