"""How long tasks waited for processor, memory or disk: Linux's pressure stall information."""

import re
from collections.abc import Iterator
from pathlib import Path

RESOURCES = ("cpu", "memory", "io")
_FOLDER = Path("/proc/pressure")
_TOTAL = re.compile(r"^some .*\btotal=([0-9]+)$", re.MULTILINE)


def read_pressure(folder: Path = _FOLDER) -> dict[str, float]:
    """Seconds since start in which at least one task waited, by resource.

    A kernel may lack any of the files, or have them and refuse to answer (``psi=0``): what it does not
    tell is left out.
    """
    return dict(_readings(folder))


def _readings(folder: Path) -> Iterator[tuple[str, float]]:
    for resource in RESOURCES:
        try:
            text = (folder / resource).read_text("ascii")
        except OSError:
            continue
        seconds = parse_pressure(text)
        if seconds is not None:
            yield resource, seconds


def parse_pressure(text: str) -> float | None:
    """The total of the ``some`` line in seconds; None where there is none.

    The format is that of the kernel's ``Documentation/accounting/psi.rst``; totals are microseconds.
    """
    total = _TOTAL.search(text)
    return int(total[1]) / 1e6 if total else None
