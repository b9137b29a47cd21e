"""The branches of a made-up repository over weeks: they arrive, fall behind, collide, are aligned, land."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from random import Random

from alignwatch.snapshot import (
    Author,
    Branch,
    BranchState,
    Collision,
    CollisionsReading,
    DivergenceReading,
    Earlier,
    ForecastReading,
    NeverMerge,
    UnsavedReading,
    Verdict,
)

FAMILIES = ("bolt", "dependabot", "feature", "fix")
AREAS = 30
"""Parts of the code: what changes different ones does not conflict."""
BOTS = frozenset({"bolt", "dependabot"})
ACTIVE = 50
"""So many of the youngest branches are compared with each other."""
DAY = 86400.0


@dataclass
class _Branch:
    name: str
    moved: float
    ahead: int
    base: int
    """How many commits the primary had when this began, or was last aligned."""
    area: int
    target: str
    conflicts: bool = False
    pushed: bool = True
    moves: int = 0
    orphan: bool = False

    @property
    def tip(self) -> str:
        return f"{self.name}@{self.moves}"


@dataclass
class Branches:
    """All of them. Whatever changes one sets ``changed``."""

    chance: Random
    now: float
    targets: tuple[str, ...] = ("main",)
    commits: dict[str, int] = field(default_factory=dict)
    """Of each target."""
    members: list[_Branch] = field(default_factory=list)
    changed: bool = True
    moved: dict[str, float] = field(default_factory=dict)
    """When each target did last."""
    landed: bool = False
    """Whether a primary has moved: the forecast begins anew."""
    made: int = 0

    def __post_init__(self) -> None:
        self.commits = dict.fromkeys(self.targets, 400)
        self.moved = dict.fromkeys(self.targets, self.now)

    def begin(self, number: int, merged: int = 0, orphans: int = 0) -> None:
        """Fills the repository with branches of all ages, three in five of which conflict.

        Args:
            number: so many.
            merged: so many of the oldest have landed already, and were never deleted.
            orphans: so many share no history with their target.
        """
        for count in range(number):
            one = self._new(self.now - self.chance.uniform(0, 200) * DAY)
            one.base = self.commits[one.target] - self.chance.randint(20, 380)
            one.conflicts = self.chance.random() < 0.6
            one.ahead *= count >= merged
            one.orphan = merged <= count < merged + orphans

    def arrive(self) -> None:
        """A branch is made; one in four is not pushed."""
        self._new(self.now).pushed = self.chance.random() < 0.75

    def commit(self) -> None:
        """A commit on one of the youngest branches."""
        one = self._young()
        one.ahead, one.moved, one.moves = one.ahead + 1, self.now, one.moves + 1
        self.changed = True

    def align(self) -> str:
        """One of the youngest branches is brought up to the primary; returns its name."""
        one = self._young()
        one.base, one.conflicts, one.moves = self.commits[one.target], False, one.moves + 1
        self.changed = True
        return one.name

    def land(self, touched: int = 1, share: float = 0.4) -> None:
        """A branch lands, and is deleted; others conflict now.

        Args:
            touched: so many areas of the code change.
            share: of the branches that change them too and that did not conflict, so many do.
        """
        landing = self._young()
        self.members.remove(landing)
        self.commits[landing.target] += landing.ahead + 1
        self.moved[landing.target] = self.now
        areas = {(landing.area + number) % AREAS for number in range(touched)}
        for one in (one for one in self.members if one.target == landing.target):
            one.conflicts |= one.area in areas and self.chance.random() < share
        self.changed = self.landed = True

    def readings(self) -> tuple[DivergenceReading, ForecastReading, CollisionsReading, UnsavedReading]:
        """What the probes find; of a primary that has just moved half of the pairs are not tried yet."""
        branches = (*map(self._branch, self.members), *map(self._itself, self.targets))
        verdicts = {
            (one.tip, self._primary(one.target)): Verdict(not one.conflicts, one.conflicts * _files(one))
            for one in self.members
            if one.base < self.commits[one.target]
        }
        pending = len(verdicts) // 2 if self.landed else 0
        collisions = tuple(self._collisions())
        unpushed = [one for one in self.members if not one.pushed]
        self.changed, self.landed = self.landed, False
        return (
            DivergenceReading(
                branches,
                0,
                {target: self._primary(target) for target in self.targets},
                never_merge=tuple(self._never_merge()),
            ),
            ForecastReading(dict(list(verdicts.items())[pending:]), pending, 0, earlier=self._earlier()),
            CollisionsReading(self._partners(collisions), collisions, len(collisions), 0, 0),
            UnsavedReading({}, len(unpushed), sum(one.ahead for one in unpushed), self.now - 200 * DAY),
        )

    def _primary(self, target: str) -> str:
        return f"{target}@{self.commits[target]}"

    def _new(self, moved: float) -> _Branch:
        self.made += 1
        family = FAMILIES[self.made % len(FAMILIES)]
        target = self.targets[self.made // len(FAMILIES) % len(self.targets)]
        ahead, area = self.chance.randint(1, 9), self.chance.randrange(AREAS)
        one = _Branch(f"{family}/{self.made}", moved, ahead, self.commits[target], area, target)
        self.members.append(one)
        self.changed = True
        return one

    def _young(self) -> _Branch:
        return self.chance.choice(self.members[-ACTIVE:])

    def _branch(self, one: _Branch) -> Branch:
        behind = self.commits[one.target] - one.base
        family = one.name.partition("/")[0]
        begun = one.moved - one.ahead * 600
        state, author = _state(one, behind), Author.BOT if family in BOTS else Author.PERSON
        return Branch(
            one.name, one.target, family, state, one.tip, one.moved, one.ahead, behind, begun, author=author
        )

    def _itself(self, target: str) -> Branch:
        moved = self.moved[target]
        return Branch(target, target, "other", BranchState.MERGED, self._primary(target), moved, 0, 0, moved)

    def _earlier(self) -> dict[str, Earlier]:
        """A week ago every third one conflicted in one file less."""
        return {
            one.name: Earlier(7, _files(one) - (one.area % 3 == 0), self.commits[one.target] - one.base)
            for one in self.members
            if one.conflicts
        }

    def _never_merge(self) -> Iterator[NeverMerge]:
        first, *others = self.targets
        for other in others:
            yield NeverMerge(other, first, self.commits[other] - 300, self.commits[first] - 250)

    def _partners(self, collisions: Iterable[Collision]) -> dict[tuple[str, str], int]:
        counts = Counter(name for pair in collisions for name in (pair.one, pair.other))
        return {(one.name, one.tip): counts[one.name] for one in self.members[-ACTIVE:]}

    def _collisions(self) -> Iterator[Collision]:
        for one, other in combinations(self.members[-ACTIVE:], 2):
            # Half of those that change the same part, and always the same ones.
            same = one.area == other.area and one.target == other.target
            if same and (len(one.name) + one.area + other.ahead) % 2:
                yield Collision(one.name, other.name, one.target, 1)


def _files(one: _Branch) -> int:
    """That a merge of it would leave in conflict, if it does."""
    return 1 + one.area * one.area % 23


def _state(one: _Branch, behind: int) -> BranchState:
    if one.orphan:
        return BranchState.ORPHAN
    if not one.ahead:
        return BranchState.MERGED
    return BranchState.BEHIND if behind else BranchState.ALIGNED
