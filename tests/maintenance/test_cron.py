from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alignwatch.errors import UsageError
from alignwatch.maintenance.cron import dues, fault, frequency, last_due, next_due

CHANGES = {
    "UTC": "2026-03-29T01:00",
    "Europe/Berlin": "2026-03-29T01:00 2026-10-25T01:00",
    "America/New_York": "2026-03-08T07:00 2026-11-01T06:00",
    "Australia/Lord_Howe": "2026-04-04T15:00 2026-10-03T15:30",
    "America/Havana": "2026-03-08T05:00 2026-11-01T05:00",
}
"""When the clocks change, in UTC."""

BEYOND_CRONSIM = ("Australia/Lord_Howe", "America/Havana")
"""With wildcards cronsim steps by whole hours from midnight: where clocks change by half an hour or at
midnight, such a schedule is once due at a time that is not its own."""


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def due_after(cron: str, now: float, zone: str = "UTC") -> float:
    due = next_due(cron, zone, now)
    assert due is not None
    return due


def test_a_schedule_without_any_day_is_never_due() -> None:
    assert next_due("0 2 */31 * MON#2", "UTC", 0) is None
    assert last_due("0 2 */31 * MON#2", "UTC", 0, 10_000_000) is None


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-05-05T01:59:59.9+00:00", "2026-05-05T02:00:00+00:00"),
        ("2026-05-05T02:00:00+00:00", "2026-05-06T02:00:00+00:00"),
        ("2026-05-05T02:00:00.5+00:00", "2026-05-06T02:00:00+00:00"),
    ],
)
def test_due_is_after_now(now: str, due: str) -> None:
    assert due_after("0 2 * * *", at(now)) == at(due)


@pytest.mark.parametrize(
    ("cron", "now", "due"),
    [
        ("30 2 * * *", "2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00"),
        ("30 2 * * *", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"),
        ("30 2 * * *", "2026-10-25T02:00+02:00", "2026-10-25T02:30+02:00"),
        ("30 2 * * *", "2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"),
        ("30 2 * * *", "2026-10-25T02:10+01:00", "2026-10-26T02:30+01:00"),
        ("*/20 * * * *", "2026-10-25T02:40+02:00", "2026-10-25T02:00+01:00"),
        ("0 2 * * 0", "2026-03-28T12:00+01:00", "2026-03-29T03:00+02:00"),
        ("0 2 15 * 1", "2026-05-05T12:00+02:00", "2026-05-11T02:00+02:00"),
    ],
)
def test_when_clocks_change(cron: str, now: str, due: str) -> None:
    assert due_after(cron, at(now), "Europe/Berlin") == at(due)


def at_fixed_times(cron: str) -> bool:
    return not any(field.startswith("*") for field in cron.split()[:2])


def matches(cron: str, wall: datetime) -> bool:
    minute, hour, _, _, weekday = cron.split()
    return _holds(minute, wall.minute) and _holds(hour, wall.hour) and _holds(weekday, wall.isoweekday() % 7)


def _holds(field: str, value: int) -> bool:
    first, _, step = field.partition("/")
    return value % int(step or 1) == 0 if first == "*" else value in {int(one) for one in first.split(",")}


def clock(now: datetime, zone: ZoneInfo) -> tuple[datetime, int]:
    local = now.astimezone(zone)
    return local.replace(tzinfo=None, fold=0), local.fold


def due_minutes(cron: str, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Debian's rules for cron, minute by minute."""
    fixed = at_fixed_times(cron)
    now = after.replace(second=0, microsecond=0)
    while True:
        before, now = clock(now, zone)[0], now + timedelta(minutes=1)
        wall, fold = clock(now, zone)
        left_out = range(1, int((wall - before).total_seconds()) // 60)
        made_up = fixed and any(matches(cron, before + timedelta(minutes=minute)) for minute in left_out)
        if made_up or (matches(cron, wall) and not (fixed and fold)):
            yield now


minutes = st.sampled_from(["0", "15", "30", "59", "0,30", "*", "*/20"])
hours = st.sampled_from(["0", "1", "2", "3", "23", "1,2", "0,12", "*", "*/2"])
weekdays = st.sampled_from(["*", "0", "6", "0,1"])


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from([(zone, change) for zone, changes in CHANGES.items() for change in changes.split()]),
    st.integers(-1800, 300),
    st.builds("{} {} * * {}".format, minutes, hours, weekdays),
)
def test_due_agrees_with_a_slow_clock_across_changes(place: tuple[str, str], offset: int, cron: str) -> None:
    zone, change = place
    assume(at_fixed_times(cron) or zone not in BEYOND_CRONSIM)
    now = datetime.fromisoformat(change).replace(tzinfo=UTC) + timedelta(minutes=offset)
    expected = next(due_minutes(cron, now, ZoneInfo(zone)))
    assert datetime.fromtimestamp(due_after(cron, now.timestamp(), zone), UTC) == expected


@pytest.mark.parametrize(
    ("cron", "word"),
    [
        ("5 * * * *", "hourly"),
        ("0 2 * * *", "daily"),
        (" 00  02 * * * ", "daily"),
        ("0 2 * * 0", "weekly"),
        ("0 2 * * sun", "weekly"),
        ("0 2 1 * *", "monthly"),
        ("0 2 L * *", "monthly"),
        ("0 2 1 1 *", "yearly"),
        ("0 2 1 JAN *", "yearly"),
        ("0 2 31 * *", "custom"),
        ("0 2 29 2 *", "custom"),
        ("0 2 1 * 1", "custom"),
        ("0 2 * * 1-5", "custom"),
        ("*/15 * * * *", "custom"),
        ("0 2,14 * * *", "custom"),
        ("* * * * *", "custom"),
    ],
)
def test_plain_schedules_have_a_word(cron: str, word: str) -> None:
    assert frequency(cron) == word


@pytest.mark.parametrize(
    "cron", ["@daily", "", "0 2 * *", "0 0 2 * * *", "0 25 * * *", "a b c d e", "0 2 30 2 *"]
)
def test_what_is_no_cron_expression_is_named_with_an_example(cron: str) -> None:
    assert fault(cron)
    with pytest.raises(UsageError, match=r'no cron expression .* five fields, .* "0 2 \* \* \*"$'):
        next_due(cron, "UTC", 0)


BEGIN, END = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2026, 2028))
MINUTES_A_DAY = 1440


@cache
def offsets(zone: str) -> list[tuple[int, int]]:
    """When the clock's distance from UTC changes over two years, and what it is since then, in seconds."""
    found: list[tuple[int, int]] = []
    for moment in range(BEGIN - 86400, END, 1800):
        distance = datetime.fromtimestamp(moment, ZoneInfo(zone)).utcoffset()
        assert distance is not None
        if not found or found[-1][1] != distance.total_seconds():
            found.append((moment, int(distance.total_seconds())))
    return found


def two_years_of_minutes(cron: str, zone: str) -> list[int]:
    """Every due minute by Debian's rules, found by looking at each minute."""
    minute_field, hour_field, _, _, weekday_field = cron.split()
    shown = {number: _holds(minute_field, number % 60) and _holds(hour_field, number // 60)
             for number in range(MINUTES_A_DAY)}  # fmt: skip
    days = [_holds(weekday_field, (number + 4) % 7) for number in range(7)]  # 1970 began on a Thursday
    fixed, due = at_fixed_times(cron), []
    changes = [*offsets(zone), (END, 0)]
    newest = -1  # the latest minute that the clock has shown
    for (begin, distance), (end, _) in pairwise(changes):
        for moment in range(begin, end, 60):
            wall = (moment + distance) // 60
            left_out = range(newest + 1, wall) if 0 <= newest < wall - 1 else ()
            made_up = fixed and any(
                shown[one % MINUTES_A_DAY] and days[one // MINUTES_A_DAY % 7] for one in left_out
            )
            again = fixed and wall <= newest
            if made_up or (shown[wall % MINUTES_A_DAY] and days[wall // MINUTES_A_DAY % 7] and not again):
                due.append(moment)
            newest = max(newest, wall)
    return [moment for moment in due if BEGIN < moment <= END - 60]


@settings(max_examples=5, deadline=None)
@given(
    st.sampled_from(sorted(CHANGES)),
    st.builds("{} {} * * {}".format, minutes, hours, weekdays),
    st.lists(st.integers(BEGIN, END - 60), min_size=20, max_size=20),
)
def test_two_years_of_slots_agree_with_a_look_at_each_minute(
    zone: str, cron: str, moments: list[int]
) -> None:
    assume(at_fixed_times(cron) or zone not in BEYOND_CRONSIM)
    expected = two_years_of_minutes(cron, zone)
    assert [int(due) for due in dues(cron, zone, BEGIN, END - 60)] == expected
    changes = [change + offset for change, _ in offsets(zone)[1:] for offset in (-1800, 0, 600, 3600, 5400)]
    for moment in (*moments, *changes):
        number = bisect_right(expected, moment)
        assert last_due(cron, zone, BEGIN, moment) == (expected[number - 1] if number else None)
