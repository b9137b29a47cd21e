import math
import threading
from functools import partial
from itertools import accumulate, count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.operation import RESOLUTION, Phase
from alignwatch.tracking.stopwatch import MOST_PHASES, Stopwatch


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_phases_are_measured_in_the_order_in_which_they_began(clock: Clock) -> None:
    watch = Stopwatch(clock)
    outer = watch.begin("outer")
    clock.now += 1
    inner = watch.begin("inner")
    clock.now += 2
    watch.end(inner)
    clock.now += 4
    watch.end(outer)
    clock.now += 8
    assert watch.read() == (15, 0, (Phase("outer", 7), Phase("inner", 2)))


def test_what_has_not_ended_ends_with_the_reading(clock: Clock) -> None:
    watch = Stopwatch(clock)
    watch.begin("open")
    clock.now += 3
    watch.wait()
    clock.now += 5
    assert watch.read() == (3, 5, (Phase("open", 3),))


def test_waiting_for_a_person_is_part_of_no_phase(clock: Clock) -> None:
    watch = Stopwatch(clock)
    lap = watch.begin("rebase")
    clock.now += 1
    watch.wait()
    clock.now += 100
    watch.wait()
    clock.now += 100
    watch.resume()
    clock.now += 100
    watch.resume()
    clock.now += 1
    watch.end(lap)
    assert watch.read() == (2, 300, (Phase("rebase", 2),))


def test_resolving_conflicts_is_a_phase_and_a_persons(clock: Clock) -> None:
    watch = Stopwatch(clock)
    rebase = watch.begin("rebase_operation")
    clock.now += 2
    resolution = watch.begin(RESOLUTION)
    clock.now += 600
    watch.end(resolution)
    clock.now += 3
    watch.end(rebase)
    assert watch.read() == (5, 600, (Phase("rebase_operation", 5), Phase(RESOLUTION, 600)))


def test_a_phase_that_is_a_persons_is_all_of_the_waiting() -> None:
    watch = Stopwatch(partial(next, accumulate(count())))  # Each look takes longer than the one before.
    watch.end(watch.begin(RESOLUTION))
    times = watch.read()
    assert times.phases == (Phase(RESOLUTION, times.waiting),)


def test_what_is_told_of_after_the_stop_was_over_by_then(clock: Clock) -> None:
    watch = Stopwatch(clock)
    early = watch.begin("early")
    clock.now += 1
    stopped = clock.now
    clock.now += 100
    watch.stop(stopped)
    watch.end(early)
    watch.begin("late")
    assert watch.read() == (1, 0, (Phase("early", 1), Phase("late", 0)))


def test_ending_twice_or_nothing_changes_nothing(clock: Clock) -> None:
    watch = Stopwatch(clock)
    lap = watch.begin(RESOLUTION)
    clock.now += 1
    for _ in range(2):
        watch.end(lap)
        watch.end(None)
        clock.now += 1
    assert watch.read() == (2, 1, (Phase(RESOLUTION, 1),))


def test_the_open_phase_of_a_name_is_the_last_one(clock: Clock) -> None:
    watch = Stopwatch(clock)
    first, second, other = watch.begin("a"), watch.begin("a"), watch.begin("b")
    assert watch.open_lap("a") is second
    assert watch.open_lap("") is other
    assert watch.open_lap("c") is None
    watch.end(second)
    assert watch.open_lap("a") is first


@pytest.mark.parametrize("name", ["", "a\nb", "\x1b[2J", "x" * 65])
def test_what_names_no_phase_is_refused(name: str) -> None:
    watch = Stopwatch()
    with pytest.raises(ValueError, match="is no phase"):
        watch.begin(name)
    assert watch.read().phases == ()


def test_so_many_phases_are_kept() -> None:
    watch = Stopwatch()
    for number in range(MOST_PHASES + 5):
        watch.end(watch.begin(f"{number}"))
    assert [phase.name for phase in watch.read().phases] == [f"{number}" for number in range(MOST_PHASES)]


def test_threads_may_share_it() -> None:
    watch = Stopwatch()

    def work(name: str) -> None:
        for _ in range(100):
            watch.wait()
            watch.end(watch.begin(name))
            watch.resume()

    threads = [threading.Thread(target=work, args=(f"{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = watch.read()
    assert len(times.phases) == 600
    assert times.duration >= 0 <= times.waiting


steps = st.tuples(st.sampled_from(["a", RESOLUTION, "wait", "end", "resume"]), st.floats(0, 100))


@given(st.lists(steps, max_size=30))
def test_work_and_waiting_add_up_to_the_whole(taken: list[tuple[str, float]]) -> None:
    clock = Clock()
    watch, waits = Stopwatch(clock), 0
    for step, seconds in taken:
        if step == "wait":
            watch.wait()
            waits += 1
        elif step == "resume" and waits:
            watch.resume()
            waits -= 1
        elif step == "end":
            watch.end(watch.open_lap(""))
        elif step != "resume":
            watch.begin(step)
        clock.now += seconds
    times = watch.read()
    assert math.isclose(times.duration + times.waiting, clock.now - 1000.0, abs_tol=1e-6)
    for phase in times.phases:
        whole = clock.now - 1000.0 if phase.name == RESOLUTION else times.duration
        assert -1e-6 <= phase.seconds <= whole + 1e-6
