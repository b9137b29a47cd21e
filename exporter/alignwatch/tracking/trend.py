"""Whether operations get slower over the weeks, told from few of them.

Means, z scores and least squares raised a false alarm on a sixth to a third of flat weeks with a few
outliers; a rank test with a median slope on about one in a hundred, and found 10 % a week within five.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

WINDOW_SECONDS = 42 * 86400.0
"""How far a trend looks back: six weeks, which is one value for each of 43 days at most."""
FEWEST_DAYS = 10
"""Days with operations below which the normal approximation of the test does not hold."""

_DAY = 86400.0
_DAYS_A_WEEK = 7


class Trend(NamedTuple):
    """How the durations of one repository's operations of one kind change."""

    samples: int
    """Operations that it is made of."""
    ratio_per_week: float | None
    """Growth of the usual duration: 0.03 is 3 % slower a week. None with too few days."""
    p_value: float | None
    """How often durations without any trend would look like this or worse, from 0 to 1. As above."""


Trends = Mapping[tuple[str, str], Trend]
"""Repository and kind -> how the durations of its operations change."""


def trend_of(samples: Iterable[tuple[float, float]]) -> Trend:
    r"""The trend of durations, by the day.

    Operations of one day share branches, load and caches. Counted one by one, a single bad day of many
    would pass for a trend, so each day (UTC) has one value, the median, as for several observations in
    one period in Gilbert, *Statistical Methods for Environmental Pollution Monitoring* (1987), 16.4.3.

    The slope is that of Theil (1950) and Sen (1968): the median of the slopes of all pairs of days, here
    of the logarithm of the duration, since what is slower is slower by a factor.

    Args:
        samples: end of each operation in seconds since the epoch, and its duration in seconds above 0;
            in any order.
    """
    found = list(samples)
    days = _days(found)
    if len(days) < FEWEST_DAYS:
        return Trend(len(found), None, None)
    slopes = [
        (later_level - level) / (later_day - day)
        for (day, level), (later_day, later_level) in combinations(days, 2)
    ]
    ratio_per_week = math.expm1(_median(slopes) * _DAYS_A_WEEK)
    return Trend(len(found), ratio_per_week, mann_kendall([level for _, level in days]))


def mann_kendall(values: Sequence[float]) -> float:
    r"""The two-sided p value of the rank test for a trend of Mann (1945) and Kendall (1975).

    ``S`` is the number of pairs that rise less the number of those that fall. Without a trend it is about
    normal, from ten values on, with the mean 0 and, with groups of ``t`` equal values, the variance
    ``(n(n-1)(2n+5) - sum(t(t-1)(2t+5))) / 18``. ``S`` moves in steps, hence the correction for continuity:
    ``z = (|S| - 1) / sqrt(variance)``. Formulas as in Gilbert, 16.4.2.

    Args:
        values: in the order of time.
    """

    def term(number: int) -> int:
        return number * (number - 1) * (2 * number + 5)

    score = sum((later > earlier) - (later < earlier) for earlier, later in combinations(values, 2))
    variance = (term(len(values)) - sum(map(term, Counter(values).values()))) / 18
    if variance == 0:
        return 1.0
    z = max(abs(score) - 1, 0) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


def _days(samples: Iterable[tuple[float, float]]) -> list[tuple[int, float]]:
    """The days with operations, the oldest first, and the median logarithm of their durations."""
    by_day: dict[int, list[float]] = {}
    for ended, seconds in samples:
        by_day.setdefault(int(ended // _DAY), []).append(math.log(seconds))
    return [(day, _median(levels)) for day, levels in sorted(by_day.items())]


def _median(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
