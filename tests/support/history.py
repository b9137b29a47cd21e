"""Generated history for a Prometheus to hold (``servers.prometheus(history=...)``)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

EXPORTER = {"job": "alignwatch", "instance": "here:9847"}
"""Labels that a scrape adds."""


@dataclass
class History:
    """Samples of many series, scraped every ``step`` seconds up to ``end`` (seconds since the epoch)."""

    end: float
    step: float = 15
    exporter: Mapping[str, str] = field(default_factory=lambda: EXPORTER)
    lines: list[str] = field(default_factory=list)

    def scraped(self, name: str, values: Sequence[float | None], **labels: str) -> None:
        """One sample a scrape, the last one at ``end``; None is a scrape without it."""
        start = self.end - self.step * (len(values) - 1)
        times = (start + self.step * number for number in range(len(values)))
        self.at(
            name,
            ((time, value) for time, value in zip(times, values, strict=True) if value is not None),
            **labels,
        )

    def at(self, name: str, samples: Iterable[tuple[float, float]], **labels: str) -> None:
        """Samples at any times, the oldest first."""
        written = ",".join(f'{key}="{value}"' for key, value in {**self.exporter, **labels}.items())
        self.lines += [f"{name}{{{written}}} {value!r} {time:.3f}" for time, value in samples]

    def openmetrics(self) -> str:
        """OpenMetrics' text format."""
        return "\n".join([*self.lines, "# EOF\n"])
