import random
from itertools import accumulate
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from alignwatch.report.counts import Counters, Growths, growth
from alignwatch.report.moments import moments_of
from alignwatch.report.window import Window
from support.history import History
from support.reports import prometheus_holding

Steps = list[tuple[int, bool]]
STEPS = st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=60)
"""Between two scrapes: operations that ended, and whether the journal was lost before them."""


def scraped(steps: Steps, start: int = 0) -> list[int]:
    """What each scrape sees of a counter, the first one before any step."""
    return list(accumulate(steps, lambda value, step: step[0] if step[1] else value + step[0], initial=start))


def counted_one_by_one(values: list[int]) -> int:
    """The slow way: watches the counter's every tick."""
    ticks = 0
    standing = values[0]
    for value in values[1:]:
        if value < standing:
            standing = 0
        while standing < value:
            standing += 1
            ticks += 1
    return ticks


def test_nothing_grows_from_fewer_than_two_values() -> None:
    assert growth([]) == growth([7]) == 0


def test_a_hundred_and_one_are_a_hundred_and_one() -> None:
    assert growth(range(3, 105)) == 101


def test_a_reset_begins_at_zero() -> None:
    assert growth([10, 12, 3, 4]) == 2 + 3 + 1


@given(STEPS, st.integers(0, 1000))
def test_as_counted_one_by_one(steps: Steps, start: int) -> None:
    values = scraped(steps, start)
    assert growth(values) == counted_one_by_one(values)


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(0, 2**52))
def test_without_a_reset_nothing_is_lost(operations: list[int], start: int) -> None:
    values = scraped([(number, False) for number in operations], start)
    assert growth(map(float, values)) == sum(operations)


@given(STEPS, st.integers(0, 60))
def test_the_growth_of_adjacent_windows_adds_up(steps: Steps, cut: int) -> None:
    values = scraped(steps)
    cut = min(cut, len(values) - 1)
    assert growth(values[: cut + 1]) + growth(values[cut:]) == growth(values)


@given(STEPS)
def test_scraping_twice_changes_nothing(steps: Steps) -> None:
    values = scraped(steps)
    assert growth(value for value in values for _ in range(2)) == growth(values)


END = 1_768_219_200
STEP = 15


def life(chance: random.Random, scrapes: int) -> list[float | None]:
    """What scrapes see of a counter that may be born late, end early, be away and be reset."""
    seen: list[float | None] = []
    value = chance.choice([0, 0, 7, 500])
    born = chance.choice([0, 0, chance.randrange(scrapes)])
    ends = chance.choice([scrapes, scrapes, chance.randrange(born, scrapes)])
    leaves = chance.randrange(scrapes)
    returns = leaves + chance.choice([0, 0, 10, 60])
    for scrape in range(scrapes):
        if chance.random() < 0.05:
            value += chance.randrange(4)
        if chance.random() < 0.004:
            value = 0
        there = born <= scrape < ends and not leaves <= scrape < returns
        seen.append(value if there else None)
    return seen


def grown(seen: list[float | None], first: int) -> float:
    """The slow way: from the newest sample before, else from 0, for the journal was read from the start."""
    before = [value for value in seen[: first + 1] if value is not None]
    within = [value for value in seen[first + 1 :] if value is not None]
    return growth([before[-1] if before else 0, *within])


def test_every_life_of_a_counter_is_counted_exactly(tmp_path: Path) -> None:
    chance = random.Random(20260112)
    scrapes, first = 400, 150
    lives = {f"{number}": life(chance, scrapes) for number in range(300)}
    history = History(END, STEP)
    history.scraped("alignment_journal_success", [1] * scrapes)
    for number, seen in lives.items():
        history.scraped("m_total", seen, number=number)
    start = END - STEP * (scrapes - 1 - first)
    with prometheus_holding(tmp_path, history) as prometheus:
        found = Counters(prometheus, Window(start, END)).growths("m_total")
    counted = {one.labels["number"]: one.value for one in found}
    assert sum(map(bool, counted.values())) > 200
    assert {number: counted.get(number, 0) for number in lives} == {
        number: grown(seen, first) for number, seen in lives.items()
    }


DAYS = 3 * 86400


def long_life(chance: random.Random, scrapes: int) -> list[float | None]:
    """The same over days, of a counter that the journal never lets fall."""
    seen: list[float | None] = []
    value, born = chance.choice([0, 7]), chance.choice([0, 0, chance.randrange(1, scrapes)])
    ends = chance.choice([scrapes, scrapes, chance.randrange(born, scrapes)])
    for scrape in range(scrapes):
        value += chance.randrange(3) if born < scrape and chance.random() < 0.1 else 0
        seen.append(value if born <= scrape < ends else None)
    return seen


def test_over_days_without_reading_every_sample(tmp_path: Path) -> None:
    chance = random.Random(7)
    scrapes, first = DAYS // 150 + 1, DAYS // 150 // 3
    lives = {f"{number}": long_life(chance, scrapes) for number in range(100)}
    history = History(END, 150)
    history.scraped("alignment_journal_success", [1] * scrapes)
    for number, seen in lives.items():
        history.scraped("m_total", seen, number=number)
    window = Window(END - 2 * 86400, END)
    with prometheus_holding(tmp_path, history) as prometheus:
        counters = Counters(prometheus, window)
        found = {one.labels["number"]: one.value for one in counters.growths("m_total")}
        moments = moments_of(window, 30)
        steps = counters.growths_by_step("m_total", moments, counters.readable(moments))
    expected = {number: grown(seen, first) for number, seen in lives.items()}
    assert {number: found.get(number, 0) for number in lives} == expected
    # What ended between two moments was seen by neither.
    whole = {one.labels["number"]: sum(filter(None, one.steps)) for one in steps if lives_on(lives, one)}
    assert whole == {number: expected[number] for number in whole}
    assert len(whole) > 50


def lives_on(lives: dict[str, list[float | None]], one: Growths) -> bool:
    return lives[one.labels["number"]][-1] is not None


def test_over_days_a_journal_that_was_lost(tmp_path: Path) -> None:
    scrapes = DAYS // 150 + 1
    history = History(END, 150)
    history.scraped("alignment_journal_success", [1] * scrapes)
    history.scraped("alignment_journal_created_timestamp_seconds", [1.5] * 1000 + [2.5] * (scrapes - 1000))
    for name in ("alignment_operation_duration_seconds_count", "m_total"):
        history.scraped(name, [10] * 900 + [12] * 100 + [0] * 100 + [3] * (scrapes - 1100), outcome="success")
        history.scraped(name, [4] * 1000 + [6] * (scrapes - 1000), outcome="failed")
        history.scraped(name, [0] * scrapes, outcome="timeout")
    with prometheus_holding(tmp_path, history) as prometheus:
        counters = Counters(prometheus, Window(END - 2 * 86400, END))
        found = {one.labels["outcome"]: one.value for one in counters.growths("m_total")}
    assert found == {"success": 2 + 3, "failed": 6, "timeout": 0}


def test_by_step_with_what_nobody_saw(tmp_path: Path) -> None:
    history = History(END, 60)
    history.scraped("alignment_journal_success", [1] * 20 + [None] * 20 + [1] * 21)
    history.scraped("m_total", [0] * 10 + [5] * 10 + [None] * 20 + [9] * 21)
    history.scraped("born_total", [None] * 55 + [2] * 6)
    moments = moments_of(Window(END - 3600, END), 6)
    with prometheus_holding(tmp_path, history) as prometheus:
        counters = Counters(prometheus, Window(END - 3600, END))
        readable = counters.readable(moments)
        (one,) = counters.growths_by_step("m_total", moments, readable)
        (born,) = counters.growths_by_step("born_total", moments, readable)
    assert one.steps == (5, 0, None, 4, 0, 0)
    assert born.steps == (0, 0, None, 0, 0, 2)
