"""Single operations: Prometheus knows none, the journal of an exporter does, where it is on this machine.

A journal says nothing of the window unless it is the one that an exporter showed in it: Prometheus knows when
that was made.
"""

from dataclasses import dataclass

from alignwatch.errors import AlignwatchError
from alignwatch.journal.singles import Singles
from alignwatch.journal.store import Journal
from alignwatch.metrics import catalogue
from alignwatch.report.prometheus import Prometheus, promql_duration
from alignwatch.report.window import Window
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path

_SHOWN = 15
_MADE_AT_ONCE = 0.001
"""Seconds; times of two journals that are nearer are of one."""


@dataclass(frozen=True, slots=True)
class SingleOperations:
    """What one journal tells of the window."""

    singles: Singles
    exporter: str
    """Whose journal it is: an address."""
    others: tuple[str, ...]
    """Exporters whose operations are not among these."""


def single_operations(prometheus: Prometheus, window: Window, settings: Settings) -> SingleOperations | str:
    """The slowest and the failed ones; or why they are not known.

    Args:
        prometheus: knows which journals were shown.
        window: the report's.
        settings: say where this machine's journal is.
    """
    shown = f"last_over_time({catalogue.JOURNAL_CREATED.name}[{promql_duration(window.seconds)}])"
    exporters = {one.labels.get("instance", ""): one.value for one in prometheus.instant(shown, window.end)}
    path = journal_path(settings.state_folder)
    try:
        if not path.exists():
            return f"there is no journal at {path}"
        with Journal(path) as journal:
            found = journal.singles(window.start, window.end, _SHOWN)
    except (OSError, AlignwatchError) as error:
        return f"the journal cannot be read ({error})"
    mine = [name for name, created in exporters.items() if abs(created - found.created) < _MADE_AT_ONCE]
    if not mine:
        return f"the journal at {path} is none that these exporters have shown"
    return SingleOperations(found, mine[0], tuple(sorted(exporters.keys() - set(mine))))
