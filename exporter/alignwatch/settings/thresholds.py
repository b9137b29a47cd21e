"""Thresholds: what is too much, for the machine and for one repository."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field, structs

from alignwatch.operation import Kind
from alignwatch.settings.values import Count, Seconds, Section

Percent = Annotated[float, Meta(gt=0, le=100, description="percent")]
Objective = Annotated[float, Meta(gt=0, le=99.9, description="percent")]
"""Where nothing may ever fail there is no budget of failures whose use could be measured."""
Phase = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        description="a phase's name, as the alignment code reports it",
        examples=["validation"],
    ),
]
OperationKind = Annotated[
    str,
    Meta(
        pattern=f"^({'|'.join(Kind)})$",
        description=f"a kind of operation: {', '.join(Kind)}",
        examples=[Kind.REBASE.value],
    ),
]
USUAL_OPERATIONS: dict[str, float] = {Kind.REBASE: 600.0, Kind.PULL: 600.0, Kind.ALIGN: 1800.0}
"""Seconds. A pull may rebase. A run of alignment code has phases, which have thresholds of their own."""
USUAL_PHASES = {
    "safety_checks": 30.0,
    "backup_creation": 30.0,
    "rebase_operation": 600.0,
    "validation": 60.0,
    "cleanup": 30.0,
}
"""Seconds: the time limits of the alignment code; where it has none, that of one git command."""


class Thresholds(Section, frozen=True):
    """What is too much. Each is published as ``alignment_threshold``, which the rules compare with."""

    cpu_percent: Percent = 80
    """Average CPU use of the host over the window above which it is degraded."""
    memory_percent: Percent = 85
    """Memory in use (total less available)."""
    memory_critical_percent: Percent = 97
    """Memory in use above which the host is unhealthy."""
    disk_percent: Percent = 90
    """Use of a file system as a user sees it (reserved blocks count as used)."""
    disk_critical_percent: Percent = 97
    """Use of a file system above which the host is unhealthy."""
    disk_full_within_seconds: Seconds = 86400
    """A file system that fills up steadily is told of when at its pace it is full within so long."""
    memory_pressure_percent: Percent = 20
    """Share of the time in which some task waits for memory."""
    io_pressure_percent: Percent = 80
    """Share of the time in which some task waits for a disk."""
    alignment_time_seconds: Seconds = 30
    """Duration of one operation of a kind not named below; a wait for a person is not counted."""
    operations: dict[OperationKind, Seconds] = field(default_factory=USUAL_OPERATIONS.copy)
    """Duration of one operation of this kind; what is left out is as by default."""
    phases: dict[Phase, Seconds] = field(default_factory=USUAL_PHASES.copy)
    """Duration of one phase of this name; one that is named nowhere is never too long."""
    alignment_failure_percent: Percent = 20
    """Share of operations lately that failed."""
    success_objective_percent: Objective = 90
    """Share of operations that should neither fail nor be unverified, over weeks."""
    conflict_growth_percent: Percent = 10
    """Percentage points by which the share of branches that conflict may grow within a day."""
    behind_growth_percent: Percent = 20
    """Growth a week, two weeks in a row, of how far half of a family's branches are behind."""
    uncomparable_branches: Count = 5
    """So many more branches than a day before that cannot be compared with their target."""
    unsaved_branches: Count = 20
    """So many more branches within a week with work that is in no primary, remote or backup."""
    lock_age_seconds: Seconds = 900
    """Age of a lock file that no git process explains."""
    stuck_after_seconds: Seconds = 7200
    """Age of an operation in progress after which nobody seems to be working on it."""
    loose_objects: Count = 20000
    """Loose objects in one repository."""
    packs: Count = 200
    """Pack files in one repository."""

    def with_own(self, own: "RepositoryThresholds") -> "Thresholds":
        """Those that hold for one repository, with a duration for each kind of operation."""
        values = {name: value for name, value in structs.asdict(own).items() if value is not UNSET}
        otherwise = values.get("alignment_time_seconds", self.alignment_time_seconds)
        values["operations"] = {
            **dict.fromkeys(Kind, otherwise),
            **USUAL_OPERATIONS,
            **self.operations,
            **own.operations,
        }
        values["phases"] = {**USUAL_PHASES, **self.phases, **own.phases}
        return structs.replace(self, **values)


class RepositoryThresholds(Section, frozen=True):
    """Thresholds of one repository; what is left out is as under ``monitoring.alert_thresholds``."""

    alignment_time_seconds: Seconds | UnsetType = UNSET
    """Duration of one operation of a kind that is named nowhere."""
    operations: dict[OperationKind, Seconds] = field(default_factory=dict)
    """Duration of one operation of this kind."""
    phases: dict[Phase, Seconds] = field(default_factory=dict)
    """Duration of one phase of this name."""
    alignment_failure_percent: Percent | UnsetType = UNSET
    """Share of operations lately that failed."""
    success_objective_percent: Objective | UnsetType = UNSET
    """Share of operations that should neither fail nor be unverified, over weeks."""
    conflict_growth_percent: Percent | UnsetType = UNSET
    """Percentage points by which the share of branches that conflict may grow within a day."""
    behind_growth_percent: Percent | UnsetType = UNSET
    """Growth a week, two weeks in a row, of how far half of a family's branches are behind."""
    uncomparable_branches: Count | UnsetType = UNSET
    """So many more branches than a day before that cannot be compared with their target."""
    unsaved_branches: Count | UnsetType = UNSET
    """So many more branches within a week with work that is in no primary, remote or backup."""
    lock_age_seconds: Seconds | UnsetType = UNSET
    """Age of a lock file that no git process explains."""
    stuck_after_seconds: Seconds | UnsetType = UNSET
    """Age of an operation in progress after which nobody seems to be working on it."""
    loose_objects: Count | UnsetType = UNSET
    """Loose objects."""
    packs: Count | UnsetType = UNSET
    """Pack files."""
