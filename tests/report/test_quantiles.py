import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.report.quantiles import quantile

BOUNDS = (0.1, 0.5, 1.0, 5.0, math.inf)
COUNTS = st.lists(st.integers(0, 100), min_size=len(BOUNDS), max_size=len(BOUNDS)).map(
    lambda numbers: {bound: float(sum(numbers[: at + 1])) for at, bound in enumerate(BOUNDS)}
)
SHARES = st.floats(0, 1)


@pytest.mark.parametrize(
    ("share", "buckets", "found"),
    [
        (0.5, {}, None),
        (0.5, {1.0: 0, math.inf: 0}, None),
        (0.5, {1.0: 10}, None),
        (0.5, {1.0: 10, 2.0: 20, math.inf: 20}, 1.0),
        (0.75, {1.0: 10, 2.0: 20, math.inf: 20}, 1.5),
        (0.95, {1.0: 0, 2.0: 0, math.inf: 4}, 2.0),
        (0.0, {1.0: 0, 2.0: 5, math.inf: 5}, 1.0),
    ],
)
def test_within_the_buckets(share: float, buckets: Mapping[float, float], found: float | None) -> None:
    assert quantile(share, buckets) == found


@given(COUNTS, SHARES, SHARES)
def test_more_of_them_took_no_less(buckets: Mapping[float, float], one: float, other: float) -> None:
    lower, upper = quantile(min(one, other), buckets), quantile(max(one, other), buckets)
    if lower is None or upper is None:
        assert buckets[math.inf] == 0
    else:
        assert 0 <= lower <= upper <= 5.0


@given(COUNTS, SHARES, st.integers(1, 9))
def test_only_shares_count(buckets: Mapping[float, float], share: float, times: int) -> None:
    more = {bound: times * number for bound, number in buckets.items()}
    assert quantile(share, more) == pytest.approx(quantile(share, buckets))
