"""The label values of operations that are known before there was any.

A counter that appears together with its first operation was never seen to increase. So its series is there
from the start, at 0, for every label set that is known: every kind, every primary as target, every outcome;
and for runs of alignment code its phases. In the histograms, where a label set is sixteen series, those of
the target :data:`OTHER_TARGET` and of phases by other names appear when the first is seen; the journal bounds
their number.
"""

from collections.abc import Sequence
from typing import Protocol

from alignwatch.operation import PHASES, Kind

OTHER_TARGET = "other"
"""The label of every target that is no primary, so that labels stay bounded."""

KNOWN_PHASES = tuple((Kind.ALIGN.value, phase) for phase in PHASES)
"""Kind and phase of those that are known."""


class Watched(Protocol):
    """What is needed of a configured repository."""

    @property
    def label(self) -> str:
        """Its name."""

    @property
    def primaries(self) -> Sequence[str]:
        """Its primary branches."""


def targets_of(repository: Watched) -> tuple[str, ...]:
    """Every label that a target can have."""
    return tuple(dict.fromkeys((*repository.primaries, OTHER_TARGET)))


def target_label(repository: Watched, target: str) -> str:
    """The label of one target."""
    return target if target in repository.primaries else OTHER_TARGET
