"""The thresholds that the configuration has set, as the exporters publish them."""

from collections.abc import Sequence
from dataclasses import dataclass

from alignwatch.metrics import catalogue
from alignwatch.report.prometheus import Prometheus, Value


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is too much, in base units, at one moment."""

    values: Sequence[Value]

    def lowest(self, threshold: str, **labels: str) -> float | None:
        """The lowest of one name: repositories and exporters may have different ones; None for none.

        Args:
            threshold: its name.
            labels: only with these.
        """
        wanted = {"threshold": threshold, **labels}.items()
        return min((one.value for one in self.values if wanted <= one.labels.items()), default=None)


def thresholds(prometheus: Prometheus, at: float) -> Thresholds:
    """All that hold at a moment, of exporters that have been scraped lately."""
    return Thresholds(prometheus.instant(catalogue.THRESHOLD.name, at))
