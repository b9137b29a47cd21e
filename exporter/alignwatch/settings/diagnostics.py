"""The section ``diagnostics``: how faults are found."""

from typing import Annotated

from msgspec import Meta

from alignwatch.settings.values import A_YEAR, Section

CheckId = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z-]*$",
        max_length=64,
        description="a check's id in small letters and -",
        examples=["clock-synchronised"],
    ),
]


class Diagnostics(Section, frozen=True):
    """How faults are found: what ``alignwatch doctor`` asks, and the exporter on a clock of its own."""

    enabled: bool = True
    """``false``: the exporter does not run the doctor's cheap checks."""
    interval_seconds: Annotated[float, Meta(ge=60, le=A_YEAR, description="seconds")] = 1800
    """Seconds between two rounds of them."""
    skip: tuple[CheckId, ...] = ()
    """Checks that nobody wants to hear of; see ``alignwatch doctor --list-checks``."""
    log_diagnostics: bool = True
    """What they find is logged, when it is new and when it is over."""
    bundle_on_critical: bool = False
    """When a critical alert is sent, a bundle of that moment is kept (``alignwatch doctor --bundle``); needs
    ``alerts.audit``."""
    performance_snapshots: bool = True
    """A bundle tells what the exporter is doing: its processes, its slowest probes, its metrics."""
    resource_profiling: bool = True
    """The metrics tell what operations used: processor time, memory, reads and writes."""
