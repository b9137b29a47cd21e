from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.report.moments import Moments, ask, line, moments_of
from alignwatch.report.window import Window
from support.history import History
from support.reports import prometheus_holding

END = 1_768_219_200.0


@pytest.mark.parametrize(
    ("hours", "step", "number"),
    [
        (0.01, 15, 2),
        (0.002, 1, 7),
        (1e5, 11612904, 30),
        (1, 120, 30),
        (24, 3600, 24),
        (7 * 24, 6 * 3600, 28),
        (30 * 24, 86400, 30),
    ],
)
def test_steps_that_people_know(hours: float, step: int, number: int) -> None:
    found = moments_of(Window(END - 3600 * hours, END), 31)
    assert (found.step, len(found.at)) == (step, number + 1)


@given(st.floats(1, 4e8), st.integers(1, 60))
def test_few_and_equal_and_to_the_end(seconds: float, most: int) -> None:
    found = moments_of(Window(END - seconds, END), most)
    assert found.at[-1] == END
    assert 2 <= len(found.at) <= most + 1
    assert {later - earlier for earlier, later in pairwise(found.at)} == {found.step}
    assert END - seconds - 1 <= found.at[0] < END - seconds + found.step


def test_asked_together_or_one_by_one_it_is_the_same(tmp_path: Path) -> None:
    history = History(END, 60)
    history.scraped("m", [None if 40 <= at < 90 else float(at) for at in range(181)], which="a")
    history.scraped("m", [float(at) for at in range(181)], which="b")
    near = moments_of(Window(END - 7200, END), 30)
    far = Moments(600, near.at[::2])
    with prometheus_holding(tmp_path, history) as prometheus:
        together, apart = ask(prometheus, "m", near), ask(prometheus, "m", far)
    lines = [{one.labels["which"]: line(one, far.at) for one in found} for found in (together, apart)]
    assert lines[0] == lines[1]
    assert None in lines[0]["a"]
