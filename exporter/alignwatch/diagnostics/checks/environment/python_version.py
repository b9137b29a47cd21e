"""Which Python runs this, and whether anybody still mends it.

A version past its end of life gets no security fixes, and a pre-release is made for trying out. Alignwatch
needs 3.11 and does not start with less.
"""

import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from alignwatch.diagnostics.check import Check, Finding, ok, warning
from alignwatch.diagnostics.context import Context

_END_OF_LIFE = {
    (3, 11): (2027, 10),
    (3, 12): (2028, 10),
    (3, 13): (2029, 10),
    (3, 14): (2030, 10),
    (3, 15): (2031, 10),
}
"""Python's versions -> year and month of their last fixes (PEP 664, 693, 719, 745, 790)."""


def _run(context: Context) -> Iterator[Finding]:
    major, minor, *_, level, _serial = sys.version_info
    shown, today = platform.python_version(), datetime.fromtimestamp(context.now, UTC)
    ends = _END_OF_LIFE.get((major, minor))
    if level != "final":
        yield warning(f"Python {shown} is a pre-release", "run Alignwatch with a final release")
    elif ends is not None and (today.year, today.month) > ends:
        yield warning(
            f"Python {shown} has had no security fixes since {ends[0]}-{ends[1]:02}",
            "install a newer Python, and Alignwatch with it",
        )
    else:
        yield ok(f"Python {shown}")


CHECK = Check(
    id="python-version",
    summary="the Python that runs this is still mended",
    well="Python is mended",
    run=_run,
)
