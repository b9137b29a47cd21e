"""What the journal knows at one moment, as the metrics need it. Times are seconds since the epoch."""

from collections.abc import Mapping
from typing import NamedTuple


class OperationTotal(NamedTuple):
    """All operations ever recorded that share these four."""

    repository: str
    operation: str
    target: str
    outcome: str
    number: int
    seconds: float
    """Sum of their durations."""
    last_ended: float
    buckets: Mapping[float, int]
    """Upper bound in seconds -> how many took so long and longer than the bound below."""


class ResourceTotal(NamedTuple):
    """What the operations of one kind used, of those where it is known."""

    repository: str
    operation: str
    cpu_seconds: float
    measured_seconds: float
    """Sum of the durations of the operations whose use is known."""
    io_operations: int


class WindowExtremes(NamedTuple):
    """The extremes among the operations of one kind that ended in the window."""

    repository: str
    operation: str
    shortest: float
    longest: float
    peak_memory_bytes: int | None
    """None where no operation's memory is known."""


class JournalReading(NamedTuple):
    """The whole, read in one transaction; each part is sorted by repository and operation."""

    totals: tuple[OperationTotal, ...]
    resources: tuple[ResourceTotal, ...]
    window: tuple[WindowExtremes, ...]
    operations: int
    """Operations whose details are still held."""
