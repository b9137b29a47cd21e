"""The page as the server hands it out: bytes made ready."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """One state of ``/metrics`` in each form a client may ask for."""

    made: float
    """Seconds since the epoch."""
    plain: bytes
    """Prometheus text format 0.0.4."""
    plain_gzip: bytes
    openmetrics: bytes
    """OpenMetrics 1.0."""
    openmetrics_gzip: bytes
