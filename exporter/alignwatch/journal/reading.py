"""What the journal knows at one moment, as the metrics need it. Times are seconds since the epoch."""

from collections.abc import Mapping
from typing import NamedTuple

from alignwatch.journal.backups import BackupState
from alignwatch.journal.deliveries import Delivery
from alignwatch.journal.events import Event, EventTotal
from alignwatch.journal.maintenance import MaintenanceReading
from alignwatch.journal.newest import NewestOperation
from alignwatch.journal.notices import ReaderState
from alignwatch.journal.outbox import Outbox
from alignwatch.journal.running import Running


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


class WaitingTotal(NamedTuple):
    """How long the operations of one kind had stopped and waited for a person."""

    repository: str
    operation: str
    number: int
    """Those that waited at all."""
    seconds: float


class PhaseTotal(NamedTuple):
    """All phases of one name that operations of one kind ever went through."""

    repository: str
    operation: str
    phase: str
    """``other`` for what came when there were too many names already."""
    number: int
    """Phases, not operations: one operation may go through a phase several times."""
    seconds: float
    buckets: Mapping[float, int]
    """As in :class:`OperationTotal`."""


class UnverifiedTotal(NamedTuple):
    """Operations that claimed success, and that git did not confirm, for one reason."""

    repository: str
    operation: str
    target: str
    reason: str
    """One of :data:`alignwatch.tracking.verification.REASONS`, or ``UNKNOWN`` there."""
    number: int


class WindowExtremes(NamedTuple):
    """The extremes among the operations of one kind that were recorded last.

    These are the ones that ended in the window, and what was recorded in between, however long ago it ended.
    """

    repository: str
    operation: str
    shortest: float
    longest: float
    peak_memory_bytes: int | None
    """None where no operation's memory is known."""
    number: int
    """How many operations these are the extremes of."""


class JournalReading(NamedTuple):
    """The whole, read in one transaction; each part is sorted by repository and operation."""

    totals: tuple[OperationTotal, ...]
    resources: tuple[ResourceTotal, ...]
    window: tuple[WindowExtremes, ...]
    operations: int
    """Operations whose details are still held."""
    waiting: tuple[WaitingTotal, ...] = ()
    phases: tuple[PhaseTotal, ...] = ()
    unverified: tuple[UnverifiedTotal, ...] = ()
    running: tuple[Running, ...] = ()
    newest: tuple[NewestOperation, ...] = ()
    events: tuple[Event, ...] = ()
    """The newest first."""
    event_totals: tuple[EventTotal, ...] = ()
    notifications: Mapping[str, int] = {}
    """How many Alertmanager says that it has sent, by status; none where it does not say so."""
    maintenance: MaintenanceReading | None = None
    backups: tuple[BackupState, ...] = ()
    created: float | None = None
    """When the journal was made: a new one counts from 0."""
    outbox: Outbox = Outbox()
    """The alerts that wait to be sent."""
    sent: tuple[Delivery, ...] = ()
    """What Alertmanager says that it has sent last, the newest first."""
    readers: Mapping[str, ReaderState] = {}
    """How telling others goes, by hook and parent."""
