import math
import random
import statistics
from itertools import accumulate, combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alignwatch.tracking.trend import FEWEST_DAYS, Trend, mann_kendall, trend_of

DAY = 86400.0
NOW = 1_700_000_000.0
Series = list[tuple[float, float]]


def by_day(*durations: float) -> Series:
    """One operation a day."""
    return [(NOW + DAY * day, seconds) for day, seconds in enumerate(durations)]


def measured(samples: Series) -> tuple[float, float]:
    """Ratio and p value, which are there."""
    found = trend_of(samples)
    assert found.ratio_per_week is not None
    assert found.p_value is not None
    return found.ratio_per_week, found.p_value


def alarms(samples: Series) -> bool:
    """What the rule AlignmentOperationGettingSlower asks."""
    ratio, p_value = measured(samples)
    return ratio > 0.03 and p_value < 0.01


def test_a_steady_growth_is_found_to_the_digit() -> None:
    ratio, p_value = measured(by_day(*(2 * 1.1 ** (day / 7) for day in range(42))))
    assert ratio == pytest.approx(0.1)
    assert p_value < 1e-9


def test_getting_faster_is_a_negative_ratio() -> None:
    ratio, _ = measured(by_day(*(2 * 0.9 ** (day / 7) for day in range(42))))
    assert ratio == pytest.approx(-0.1)


def test_what_never_changes_has_no_trend() -> None:
    assert trend_of(by_day(*[3.0] * 12)) == Trend(12, 0.0, 1.0)


def test_too_few_days_say_nothing_however_many_operations_there_were() -> None:
    assert trend_of([]) == Trend(0, None, None)
    assert trend_of(by_day(*range(1, FEWEST_DAYS))) == Trend(FEWEST_DAYS - 1, None, None)
    one_afternoon = [(NOW + minute * 60, 1.0 + minute) for minute in range(200)]
    assert trend_of(one_afternoon) == Trend(200, None, None)


def test_a_day_has_one_voice_and_a_single_bad_day_is_no_trend() -> None:
    usual = by_day(*[2.0] * 30)
    bad_day = [(NOW + 29 * DAY + number, 9.0) for number in range(300)]
    ratio, p_value = measured(usual + bad_day)
    assert ratio == 0
    assert p_value > 0.05


@pytest.mark.parametrize(
    ("values", "p_value"),
    [
        # Ten that rise: S = 45, variance = 10 * 9 * 25 / 18 = 125, z = 44 / sqrt(125) = 3.9355.
        (range(10), 8.303e-05),
        # 1 1 2 2 ... 5 5: S = 40, variance = (2250 - 5 * 18) / 18 = 120, z = 39 / sqrt(120) = 3.5602.
        ([1, 1, 2, 2, 3, 3, 4, 4, 5, 5], 3.706e-04),
        # The first, the last two exchanged: S = 43, z = 42 / sqrt(125) = 3.7566.
        ([0, 1, 2, 3, 4, 5, 6, 7, 9, 8], 1.722e-04),
        # S = 0, and S = 1, the least that there is: both are as near to no trend as can be.
        ([1, 2, 1], 1.0),
        ([1, 1, 2, 1], 1.0),
    ],
)
def test_p_values_worked_out_by_hand(values: list[float], p_value: float) -> None:
    assert mann_kendall(values) == pytest.approx(p_value, rel=1e-3)


def reference_ratio(samples: Series) -> float:
    """Theil and Sen by the standard library, in words."""
    days = sorted({int(ended // DAY) for ended, _ in samples})
    level = {
        day: statistics.median(math.log(seconds) for ended, seconds in samples if int(ended // DAY) == day)
        for day in days
    }
    slopes = [(level[late] - level[early]) / (late - early) for early, late in combinations(days, 2)]
    return math.exp(7 * statistics.median(slopes)) - 1


def reference_p_value(values: list[int]) -> float:
    """The exact test for the same statistic would enumerate n! orders; this draws many of them."""
    rng = random.Random(1)

    def score(order: list[int]) -> int:
        return abs(sum((b > a) - (b < a) for a, b in combinations(order, 2)))

    drawn = [score(rng.sample(values, len(values))) for _ in range(2000)]
    return sum(one >= score(values) for one in drawn) / len(drawn)


@pytest.mark.parametrize("seed", range(6))
def test_p_values_are_those_of_random_orders(seed: int) -> None:
    rng = random.Random(seed)
    values = [rng.randrange(8) + day // 6 for day in range(12)]
    assert mann_kendall(values) == pytest.approx(reference_p_value(values), abs=0.04)


few = settings(deadline=None, max_examples=25)
durations = st.integers(1, 10_000).map(lambda milliseconds: milliseconds / 1000)
operations_of_a_day = st.lists(st.tuples(st.integers(0, 86399), durations), min_size=1, max_size=3)


def spread(days: list[tuple[int, list[tuple[int, float]]]]) -> Series:
    """Samples of days that lie one or two apart."""
    dates = accumulate(gap for gap, _ in days)
    return [
        (DAY * (19_000 + date) + second, seconds)
        for date, (_, found) in zip(dates, days, strict=True)
        for second, seconds in found
    ]


a_day = st.tuples(st.integers(1, 2), operations_of_a_day)
series = st.lists(a_day, min_size=FEWEST_DAYS, max_size=2 * FEWEST_DAYS).map(spread)


@given(series)
@few
def test_the_slope_is_the_median_of_all_slopes(samples: Series) -> None:
    assert measured(samples)[0] == pytest.approx(reference_ratio(samples), abs=1e-9)


@given(series, st.randoms(use_true_random=False))
@few
def test_the_order_in_which_they_are_given_does_not_matter(samples: Series, rng: random.Random) -> None:
    shuffled = rng.sample(samples, len(samples))
    assert trend_of(shuffled) == trend_of(samples)


@given(series, st.integers(-5000, 5000))
@few
def test_shifting_all_by_days_changes_nothing(samples: Series, days: int) -> None:
    assert trend_of([(ended + days * DAY, seconds) for ended, seconds in samples]) == trend_of(samples)


@given(series, st.sampled_from([2.0**power for power in range(-6, 7)]))
@few
def test_a_machine_that_is_slower_by_a_factor_has_the_same_trend(samples: Series, factor: float) -> None:
    ratio, _ = measured(samples)
    assert measured([(ended, seconds * factor) for ended, seconds in samples])[0] == pytest.approx(
        ratio, rel=1e-6, abs=1e-9
    )


@given(st.lists(st.integers(0, 20), min_size=2, max_size=40))
def test_a_trend_and_its_mirror_image_are_equally_likely(values: list[int]) -> None:
    p_value = mann_kendall(values)
    assert 0 < p_value <= 1
    assert mann_kendall(values[::-1]) == mann_kendall([-one for one in values]) == p_value
    assert mann_kendall([one * 3 + 1 for one in values]) == p_value


@given(st.lists(st.integers(0, 20), min_size=10, max_size=40, unique=True))
def test_sorting_makes_a_trend_no_less_likely(values: list[int]) -> None:
    assume(values != sorted(values))
    assert mann_kendall(sorted(values)) <= mann_kendall(values)


def simulated(rng: random.Random, growth: float = 0, a_day: int = 3, day_noise: float = 0) -> Series:
    """Six weeks of operations, of which 2 % take ten times as long; all but the first week grow.

    Args:
        rng: the source of chance.
        growth: ratio a week.
        a_day: number of operations.
        day_noise: standard deviation of the logarithm that all operations of one day share.
    """
    samples = []
    for day in range(42):
        usual = 2 * (1 + growth) ** (max(0, day - 7) / 7) * math.exp(rng.gauss(0, day_noise))
        for _ in range(a_day):
            seconds = usual * math.exp(rng.gauss(0, 0.2)) * (10 if rng.random() < 0.02 else 1)
            samples.append((NOW + DAY * (day + rng.random()), seconds))
    return samples


def test_hardly_any_of_400_flat_series_raises_an_alarm() -> None:
    rng = random.Random(21)
    assert sum(alarms(simulated(rng)) for _ in range(400)) <= 4


def test_days_on_which_all_is_slow_raise_hardly_more() -> None:
    rng = random.Random(21)
    assert sum(alarms(simulated(rng, a_day=10, day_noise=0.2)) for _ in range(400)) <= 8


def test_ten_percent_a_week_is_found_within_five_weeks() -> None:
    rng = random.Random(21)
    assert sum(alarms(simulated(rng, growth=0.1)) for _ in range(400)) >= 396
