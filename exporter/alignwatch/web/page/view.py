"""Everything that the page shows, at one moment."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from alignwatch.branches import NO_BRANCHES, BranchList
from alignwatch.events import NO_EVENTS, EventList
from alignwatch.journal.reading import JournalReading
from alignwatch.settings import Settings
from alignwatch.stack.addresses import Addresses
from alignwatch.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alignwatch.ranking import Ranked
    from alignwatch.web.page.parts import Column

_NEXT = 5


@dataclass(frozen=True)
class View:
    """References to what lies ready for others anyway."""

    settings: Settings
    taken: float = 0.0
    """The moment, in seconds since the epoch."""
    status: Status | None = None
    """None while nothing has been looked at."""
    branches: BranchList = NO_BRANCHES
    events: EventList = NO_EVENTS
    journal: JournalReading | None = None
    """None when it could not be read."""
    stack: Addresses | None = None
    """The servers of the local stack; None where there is none."""

    def columns(self, columns: "Iterable[Column]") -> "list[Column]":
        """Those of a table; the repository needs none where there is only one."""
        several = len(self.settings.repositories) > 1
        return [one for one in columns if several or one.label != "Repository"]

    @cached_property
    def next(self) -> "list[Ranked]":
        """What to align first. Looking at twenty thousand branches takes a while: it is done once."""
        from alignwatch.ranking import first  # Only who looks at the page pays for it.

        return first(self.branches.rows, self.taken, _NEXT)
