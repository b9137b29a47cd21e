"""The moments at which a chart shows a window, and what there was at each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alignwatch.report.prometheus import Prometheus, Series
from alignwatch.report.window import Window

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEPS = (
    *(15, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR),
    *(_DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY),
)
"""Seconds; what people find on a clock or in a calendar."""
_NEAR = 300
"""Seconds; moments that lie no farther apart are asked for together."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Equal steps that end with the window; the first one begins at its start or up to one step later."""

    step: int
    """Seconds."""
    at: tuple[float, ...]
    """The ends of the steps, and before them the first one's beginning; seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Values at the same moments; None is unknown."""

    moments: tuple[float, ...]
    lines: Mapping[str, tuple[float | None, ...]]


def moments_of(window: Window, most: int) -> Moments:
    """At most so many steps, of the shortest length that people know, else of equal parts of the window."""
    known = (one for one in _STEPS if one <= window.seconds <= one * most)
    step = next(known, max(1, math.ceil(window.seconds / most)))
    number = max(1, int(window.seconds // step))
    return Moments(step, tuple(window.end - step * left for left in range(number, -1, -1)))


def ask(prometheus: Prometheus, expression: str, moments: Moments) -> list[Series]:
    """The values of an expression at the moments.

    A range query reads every sample between its first moment and its last one; where these are far apart,
    one query a moment is much cheaper.
    """
    if moments.step > _NEAR:
        return prometheus.at_each(expression, moments.at)
    return prometheus.range(expression, Window(moments.at[0], moments.at[-1]), moments.step)


def line(series: Series, moments: Sequence[float]) -> tuple[float | None, ...]:
    """What one series was at each moment."""
    known = {round(sample.time, 3): sample.value for sample in series.samples}
    return tuple(known.get(round(moment, 3)) for moment in moments)
