"""The branches of a made-up repository over weeks: they arrive, fall behind, collide, are aligned, land."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from random import Random

from alignwatch.snapshot import (
    Branch,
    BranchState,
    Collision,
    CollisionsReading,
    DivergenceReading,
    ForecastReading,
    UnsavedReading,
    Verdict,
)

FAMILIES = ("bolt", "dependabot", "feature", "fix")
AREAS = 30
"""Parts of the code: what changes different ones does not conflict."""
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
    conflicts: bool = False
    pushed: bool = True
    moves: int = 0

    @property
    def tip(self) -> str:
        return f"{self.name}@{self.moves}"


@dataclass
class Branches:
    """All of them. Whatever changes one sets ``changed``."""

    chance: Random
    now: float
    commits: int = 400
    """Of the primary."""
    members: list[_Branch] = field(default_factory=list)
    changed: bool = True
    landed: bool = False
    """Whether the primary has moved: the forecast begins anew."""
    made: int = 0

    def begin(self, number: int) -> None:
        """Fills the repository with branches of all ages, three in five of which conflict."""
        for _ in range(number):
            one = self._new(self.now - self.chance.uniform(0, 200) * DAY)
            one.base = self.commits - self.chance.randint(20, 380)
            one.conflicts = self.chance.random() < 0.6

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
        one.base, one.conflicts, one.moves = self.commits, False, one.moves + 1
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
        self.commits += landing.ahead + 1
        areas = {(landing.area + number) % AREAS for number in range(touched)}
        for one in self.members:
            one.conflicts |= one.area in areas and self.chance.random() < share
        self.changed = self.landed = True

    def readings(self) -> tuple[DivergenceReading, ForecastReading, CollisionsReading, UnsavedReading]:
        """What the probes find; of a primary that has just moved half of the pairs are not tried yet."""
        branches = tuple(map(self._branch, self.members))
        verdicts = {
            (one.tip, self._primary): Verdict(not one.conflicts, 3 * one.conflicts)
            for one in self.members
            if one.base < self.commits
        }
        pending = len(verdicts) // 2 if self.landed else 0
        collisions = tuple(self._collisions())
        unpushed = [one for one in self.members if not one.pushed]
        self.changed, self.landed = self.landed, False
        return (
            DivergenceReading(branches, 0, {"main": self._primary}),
            ForecastReading(dict(list(verdicts.items())[pending:]), pending, 0),
            CollisionsReading({}, collisions, len(collisions), 0, 0),
            UnsavedReading({}, len(unpushed), sum(one.ahead for one in unpushed), self.now - 200 * DAY),
        )

    @property
    def _primary(self) -> str:
        return f"main@{self.commits}"

    def _new(self, moved: float) -> _Branch:
        self.made += 1
        family = FAMILIES[self.made % len(FAMILIES)]
        ahead, area = self.chance.randint(1, 9), self.chance.randrange(AREAS)
        one = _Branch(f"{family}/{self.made}", moved, ahead, self.commits, area)
        self.members.append(one)
        self.changed = True
        return one

    def _young(self) -> _Branch:
        return self.chance.choice(self.members[-ACTIVE:])

    def _branch(self, one: _Branch) -> Branch:
        behind = self.commits - one.base
        state = BranchState.BEHIND if behind else BranchState.ALIGNED
        family = one.name.partition("/")[0]
        begun = one.moved - one.ahead * 600
        return Branch(one.name, "main", family, state, one.tip, one.moved, one.ahead, behind, begun)

    def _collisions(self) -> Iterator[Collision]:
        for one, other in combinations(self.members[-ACTIVE:], 2):
            # Half of those that change the same part, and always the same ones.
            if one.area == other.area and (len(one.name) + one.area + other.ahead) % 2:
                yield Collision(one.name, other.name, "main", 1)
