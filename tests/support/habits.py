"""What is aligned in a made-up repository, and how that goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alignwatch.metrics.known import OTHER_TARGET
from alignwatch.operation import PHASES, Kind, Outcome


@dataclass(frozen=True)
class Habits:
    """What there is never need of is left out of the pages: those counters stay at 0."""

    kinds: Mapping[Kind, int]
    """In a hundred operations."""
    seconds: Mapping[Kind, float]
    """That one usually takes."""
    outcomes: Mapping[Outcome, int]
    """In a hundred operations."""
    phases: Mapping[str, float]
    """Their shares of a run of alignment code."""
    unused: Mapping[str, frozenset[str]] = field(init=False)
    """Label -> the values that it never has."""

    def __post_init__(self) -> None:
        unused = {
            "operation": frozenset(map(str, Kind)) - set(self.kinds),
            "outcome": frozenset(map(str, Outcome)) - set(self.outcomes),
            "phase": frozenset(PHASES) - set(self.phases),
            "target": frozenset({OTHER_TARGET}),
        }
        object.__setattr__(self, "unused", unused)


PLAIN = Habits(
    kinds={Kind.REBASE: 90, Kind.ALIGN: 10},
    seconds={Kind.REBASE: 3.0, Kind.ALIGN: 60.0},
    outcomes={Outcome.SUCCESS: 72, Outcome.CONFLICT: 20, Outcome.NOT_NEEDED: 5, Outcome.FAILED: 3},
    phases={"rebase_operation": 0.7, "validation": 0.3},
)
VARIED = Habits(
    kinds={Kind.REBASE: 60, Kind.ALIGN: 25, Kind.MERGE: 15},
    seconds={Kind.REBASE: 3.0, Kind.ALIGN: 60.0, Kind.MERGE: 1.5},
    outcomes={
        Outcome.SUCCESS: 74,
        Outcome.CONFLICT: 14,
        Outcome.NOT_NEEDED: 6,
        Outcome.FAILED: 4,
        Outcome.ABORTED: 2,
    },
    phases={
        "safety_checks": 0.05,
        "backup_creation": 0.1,
        "rebase_operation": 0.45,
        "conflict_resolution": 0.1,
        "validation": 0.25,
        "cleanup": 0.05,
    },
)
