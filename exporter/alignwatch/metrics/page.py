"""The page as the server hands it out: bytes made ready."""

import gzip
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """One state of ``/metrics`` in each form a client may ask for.

    It is kept compressed, which is what Prometheus asks for; a client that cannot unpack it costs two
    milliseconds a megabyte.
    """

    made: float
    """Seconds since the epoch."""
    plain_gzip: bytes
    """Prometheus text format 0.0.4."""
    openmetrics_gzip: bytes
    """OpenMetrics 1.0."""

    @property
    def plain(self) -> bytes:
        """The text format, unpacked."""
        return gzip.decompress(self.plain_gzip)

    @property
    def openmetrics(self) -> bytes:
        """OpenMetrics, unpacked."""
        return gzip.decompress(self.openmetrics_gzip)
