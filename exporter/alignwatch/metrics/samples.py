"""Collecting samples into families."""

from collections.abc import Iterable
from enum import StrEnum

from prometheus_client.core import Metric as Family

from alignwatch.metrics.catalogue import CATALOGUE, Metric


class Samples:
    """Collects samples and hands them out as families, in the catalogue's order."""

    def __init__(self) -> None:
        self._families: dict[str, Family] = {}

    def add(self, metric: Metric, value: float | None, *labels: str) -> None:
        """Adds one sample; None is unknown and adds nothing."""
        if value is None:
            return
        family = self._families.setdefault(metric.name, metric.family())
        family.add_sample(metric.name, dict(zip(metric.labels, labels, strict=True)), float(value))

    def add_states(
        self, metric: Metric, states: Iterable[StrEnum], holds: StrEnum | None, *labels: str
    ) -> None:
        """One sample a state: 1 for the one that holds; nothing when that is unknown."""
        if holds is not None:
            for state in states:
                self.add(metric, state is holds, *labels, state.value)

    def families(self) -> list[Family]:
        """All families that have samples."""
        return [self._families[metric.name] for metric in CATALOGUE if metric.name in self._families]
