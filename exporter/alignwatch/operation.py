"""An alignment operation: one attempt to bring a branch in line with its target.

Named tuples, here and wherever ``alignwatch track`` comes by: importing dataclasses alone would take a
quarter of the time that a tracked command may take longer.
"""

import os
import time
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What is done to align."""

    REBASE = "rebase"
    MERGE = "merge"
    CHERRY_PICK = "cherry-pick"
    PULL = "pull"
    AM = "am"
    REVERT = "revert"
    ALIGN = "align"
    """A run of alignment code, whatever it does inside."""


class Outcome(StrEnum):
    """How an operation ended."""

    SUCCESS = "success"
    NOT_NEEDED = "not_needed"
    CONFLICT = "conflict"
    ABORTED = "aborted"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    ROLLED_BACK = "rolled_back"
    PAUSED = "paused"


BUCKETS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
"""Upper bounds, in seconds, of the duration histogram: from a fast-forward to a long resolution."""

SUCCESSFUL = frozenset({Outcome.SUCCESS, Outcome.NOT_NEEDED})
"""The outcomes that count as success in the report and in the rules."""

RESOLUTION = "conflict_resolution"
"""The phase in which a person resolves conflicts: however long it takes, no machine is slow."""

PHASES = ("safety_checks", "backup_creation", "rebase_operation", RESOLUTION, "validation", "cleanup")
"""The phases of a run of the alignment code, in their order. Other programs have others."""


class Resources(NamedTuple):
    """What an operation's processes used."""

    cpu_seconds: float
    peak_memory_bytes: int
    """Largest resident set of any one of its processes, the starting one's included."""
    io_operations: int
    """Block reads and writes that went to a device."""


class Phase(NamedTuple):
    """One part of an operation."""

    name: str
    seconds: float


class Evidence(NamedTuple):
    """What git looked like around an operation, so that its outcome can be verified at any time later.

    Object ids; None where unknown.
    """

    tip_before: str | None
    """What the branch pointed to."""
    tip_after: str | None
    target_tip: str | None
    """What the target pointed to at the end; None also where the operation was not about the target."""
    left_in_progress: bool
    """Whether the operation had stopped halfway when it ended."""
    target_before: str | None = None
    """What the target pointed to at the beginning: it may move meanwhile."""


class Operation(NamedTuple):
    """One operation that has ended. Times are seconds since the epoch."""

    operation_id: str
    """Unique in its repository: what comes twice counts once."""
    repository: str
    """The repository's name, as in the configuration."""
    kind: Kind
    branch: str
    """Empty where unknown, or when no branch is checked out."""
    target: str
    """Empty where unknown."""
    started: float
    duration: float
    """Seconds at work; without the time in which it waited for a person."""
    outcome: Outcome
    exit_code: int | None = None
    resources: Resources | None = None
    source: str = "track"
    """Who recorded it: ``track``, ``api``, ``record`` or ``trace2``."""
    waiting: float = 0.0
    """Seconds in which it had stopped and waited for a person."""
    phases: tuple[Phase, ...] = ()
    evidence: Evidence | None = None

    @property
    def ended(self) -> float:
        """When it ended."""
        return self.started + self.duration + self.waiting


def new_id(source: str, started: float) -> str:
    """An operation's name that nobody else gives."""
    return f"{source}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(started))}-{os.urandom(6).hex()}"
