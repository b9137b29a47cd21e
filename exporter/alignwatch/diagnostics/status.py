"""The words for what a check has come to."""

from collections.abc import Iterable
from enum import StrEnum


class Status(StrEnum):
    """What is so. Of several the last one here holds for all of them."""

    SKIPPED = "skipped"
    """Could not be judged, or need not be."""
    OK = "ok"
    WARNING = "warning"
    CRASHED = "crashed"
    """The check itself failed, or did not end in time."""
    CRITICAL = "critical"


def worst(statuses: Iterable[Status]) -> Status:
    """The status that holds for all; skipped if there is none."""
    return max(statuses, key=list(Status).index, default=Status.SKIPPED)
