"""From the listener to metric families."""

from prometheus_client.core import Metric as Family

from alignwatch.metrics import catalogue
from alignwatch.metrics.samples import Samples
from alignwatch.tracking.trace.listener import TraceReading

_LONGEST_LOOK_SECONDS = 60.0
"""A look that takes longer is stuck, on a dead network mount say."""


def trace_families(reading: TraceReading | None, now: float) -> list[Family]:
    """How listening to git goes; nothing where git is not told to write events.

    Args:
        reading: the newest one.
        now: seconds since the epoch.
    """
    samples = Samples()
    if reading is not None:
        samples.add(catalogue.TRACE_SUCCESS, reading.ok and now - reading.looked <= _LONGEST_LOOK_SECONDS)
        samples.add(catalogue.TRACE_BACKLOG, reading.backlog)
        samples.add(catalogue.TRACE_RECORDED, reading.recorded)
        samples.add(catalogue.TRACE_LAST_OVERFLOW, reading.overflowed)
    return samples.families()
