from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from alignwatch.maintenance.cron import dues
from alignwatch.maintenance.schedule import ScheduledTask
from alignwatch.maintenance.slots import Slot, is_open, untaken_slots, why_skipped
from alignwatch.settings import Maintenance, RunLimits

NOW = 1_772_330_400  # 2026-03-01T02:00:00Z
HOUR = 3600


def task(cron: str = "0 * * * *", zone: str = "UTC", **changes: object) -> ScheduledTask:
    given: dict[str, object] = {
        "name": "sweep",
        "task": "command",
        "repositories": ("app",),
        "any_time": False,
        "command": ("true",),
        "limits": RunLimits(),
        **changes,
    }
    return ScheduledTask(cron=cron, time_zone=zone, **given)  # type: ignore[arg-type]


def untaken(one: ScheduledTask, registered: float, taken: int | None, now: float) -> list[tuple[int, int]]:
    newest = {} if taken is None else {(one.name, "app"): taken}
    return [(slot.due, slot.earlier) for slot in untaken_slots((one,), {one.name: registered}, newest, now)]


def test_nothing_is_due_before_somebody_runs_it() -> None:
    assert list(untaken_slots((task(),), {}, {}, NOW)) == []
    assert untaken(task(), NOW, None, NOW) == []
    assert untaken(task(), NOW, None, NOW + HOUR - 1) == []
    assert untaken(task(), NOW, None, NOW + HOUR) == [(NOW + HOUR, 0)]


def test_what_was_missed_is_done_once() -> None:
    assert untaken(task(), NOW - HOUR, NOW, NOW + 3 * HOUR + 5) == [(NOW + 3 * HOUR, 2)]
    assert untaken(task(), NOW - HOUR, NOW + 3 * HOUR, NOW + 3 * HOUR + 5) == []


def test_the_earlier_slots_are_told_of() -> None:
    assert Slot(task(), "app", NOW, 0).note == ""
    assert Slot(task(), "app", NOW, 1).note == "1 earlier slot was not taken"
    assert Slot(task(), "app", NOW, 3).note == "3 earlier slots were not taken"
    ((_, earlier),) = untaken(task("* * * * *"), NOW - 30 * 86400, None, NOW)
    assert Slot(task(), "app", NOW, earlier).note == "more than 1000 earlier slots were not taken"


def test_a_clock_that_is_set_back_brings_no_slot_again() -> None:
    newest = NOW + HOUR
    assert untaken(task(), NOW - HOUR, newest, NOW + HOUR + 60) == []
    assert untaken(task(), NOW - HOUR, NOW, NOW + 60) == []


def test_a_slot_is_missed_when_its_grace_is_over() -> None:
    maintenance = Maintenance(grace_seconds=HOUR)
    slot = Slot(task(), "app", NOW, 0)
    assert why_skipped(slot, maintenance, NOW + HOUR) is None
    assert "missed: due at 2026-03-01T02:00:00Z" in str(why_skipped(slot, maintenance, NOW + HOUR + 1))


def test_what_is_not_available_is_skipped_at_once() -> None:
    slot = Slot(task(task="tidy_up"), "", NOW, 0)
    assert why_skipped(slot, Maintenance(), NOW) == "tidy_up is not available in this version"


def test_a_slot_may_begin_inside_a_window_or_at_any_time() -> None:
    slot = Slot(task(), "app", NOW, 0)
    assert is_open(slot, Maintenance(), NOW)
    assert not is_open(slot, Maintenance(), NOW + 2 * HOUR)
    assert is_open(slot._replace(task=task(any_time=True)), Maintenance(), NOW + 2 * HOUR)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["0 2 * * *", "*/20 * * * *", "30 2 * * 0", "15 1,2,3 * * *"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Europe/London"]),
    st.integers(NOW, NOW + 250 * 86400),
    st.lists(st.integers(0, 3 * 86400), min_size=1, max_size=30),
)
def test_however_seldom_a_runner_comes_each_slot_is_taken_or_counted_once(
    cron: str, zone: str, begin: int, pauses: list[int]
) -> None:
    one, now, counted = task(cron, zone), begin, 0
    taken: list[int] = []
    for pause in pauses:
        now += pause
        for due, earlier in untaken(one, begin, taken[-1] if taken else None, now):
            taken.append(due)
            counted += 1 + earlier
    assert all(first < second for first, second in pairwise(taken))
    assert counted == len(list(dues(cron, zone, begin, now)))
