"""Whether the machine's clock can be right.

Ages of locks and operations, windows and alerts all follow from it. A clock before the release of this
version is wrong, and so is one that is behind what the journal has recorded. Whether the clock is kept right
is asked by `clock-synchronised`.
"""

from collections.abc import Iterator

from alignwatch.diagnostics.check import Check, Finding, critical, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.journal_file import rows
from alignwatch.diagnostics.status import Status
from alignwatch.text import span, timestamp

_RELEASED = 1_767_225_600
"""2026-01-01: no release is older."""
_TOLERANCE = 120.0
_NEWEST = """
    SELECT max(t) FROM (
        SELECT max(ended) AS t FROM operations UNION ALL SELECT max(claimed) FROM maintenance_runs
        UNION ALL SELECT max(started) FROM running
    )
"""
_REMEDY = "set the clock, and have it kept right"
_SET = "timedatectl", "set-ntp", "true"


def _run(context: Context) -> Iterator[Finding]:
    if context.now < _RELEASED:
        yield critical(
            f"the clock says {timestamp(context.now)}, before this version was made", _REMEDY, _SET
        )
        return
    for (newest,) in rows(context, _NEWEST):
        if newest is not None and newest > context.now + _TOLERANCE:
            yield warning(
                f"the journal holds what happened {span(newest - context.now)} from now: the clock was wrong "
                "then, or is now",
                _REMEDY,
                _SET,
            )


CHECK = Check(
    id="clock",
    summary="the clock can be right",
    well="the clock can be right",
    reaches=Status.CRITICAL,
    run=_run,
)
