from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.errors import UsageError
from alignwatch.maintenance import windows
from alignwatch.maintenance.windows import spans, window_active, windows_of
from alignwatch.settings import Maintenance, Window

CHANGES = {
    "UTC": [],
    "Europe/Berlin": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "America/Havana": [date(2026, 3, 8), date(2026, 11, 1)],
    "Asia/Kathmandu": [],
}
"""Days on which clocks change; in Lord Howe by half an hour, in Havana at midnight."""

clock_times = st.times().map(lambda at: at.strftime("%H:%M"))
MINUTE = 60


def window(start: str, end: str, zone: str = "UTC") -> Maintenance:
    return Maintenance(window_start=start, window_end=end, time_zone=zone)


def active_minutes(maintenance: Maintenance, day: date) -> list[str]:
    """The clock's times, minute by minute, at which the window holds on one local day."""
    zone = ZoneInfo(maintenance.time_zone)
    begin = datetime.combine(day, time(), zone).timestamp()
    end = datetime.combine(day + timedelta(days=1), time(), zone).timestamp()
    return [
        datetime.fromtimestamp(now, zone).strftime("%H:%M")
        for now in range(int(begin), int(end), MINUTE)
        if window_active(maintenance, now)
    ]


@pytest.mark.parametrize(
    ("start", "end", "clock", "active"),
    [
        ("02:00", "04:00", "01:59:59", False),
        ("02:00", "04:00", "02:00:00", True),
        ("02:00", "04:00", "03:59:59", True),
        ("02:00", "04:00", "04:00:00", False),
        ("22:00", "04:00", "21:59:59", False),
        ("22:00", "04:00", "22:00:00", True),
        ("22:00", "04:00", "00:00:00", True),
        ("22:00", "04:00", "03:59:59", True),
        ("22:00", "04:00", "04:00:00", False),
        ("22:00", "00:00", "23:59:59", True),
        ("22:00", "00:00", "00:00:00", False),
        ("02:00", "02:00", "02:00:00", False),
        ("02:00", "02:00", "12:00:00", False),
    ],
)
def test_the_window_holds_from_its_start_to_just_before_its_end(
    start: str, end: str, clock: str, active: bool
) -> None:
    now = datetime.fromisoformat(f"2026-05-05T{clock}+00:00").timestamp()
    assert window_active(window(start, end), now) is active


def test_maintenance_that_is_off_has_no_window() -> None:
    always = Maintenance(enabled=False, window_start="00:00", window_end="23:59")
    assert not window_active(always, 0)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 28), 2),
        ("Europe/Berlin", date(2026, 3, 29), 1),
        ("Europe/Berlin", date(2026, 10, 25), 3),
        ("Australia/Lord_Howe", date(2026, 10, 4), 1.5),
        ("UTC", date(2026, 3, 29), 2),
    ],
)
def test_two_to_four_is_longer_or_shorter_when_clocks_change(zone: str, day: date, hours: float) -> None:
    assert len(active_minutes(window("02:00", "04:00", zone), day)) == hours * 60


@pytest.mark.parametrize(
    ("start", "end", "minutes"), [("02:15", "02:45", 0), ("02:30", "03:30", 30), ("01:30", "03:30", 60)]
)
def test_times_that_the_clock_leaves_out_are_left_out(start: str, end: str, minutes: int) -> None:
    assert len(active_minutes(window(start, end, "Europe/Berlin"), date(2026, 3, 29))) == minutes


def minutes_of(start: str, end: str, zone: ZoneInfo, day: date) -> set[float]:
    """The same, the other way round: from each clock time of three days to the moments that show it."""
    found = set()
    for offset in (-1, 0, 1):
        for minute in range(24 * 60):
            wall = datetime.combine(day + timedelta(days=offset), time(minute // 60, minute % 60))
            clock = wall.strftime("%H:%M")
            if not (start <= clock < end or (end < start and not end <= clock < start)):
                continue
            for fold in (0, 1):
                moment = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
                if moment.astimezone(zone).replace(tzinfo=None) == wall:
                    found.add(moment.timestamp())
    return found


@pytest.mark.parametrize(
    ("zone", "day"), [(zone, day) for zone, days in CHANGES.items() for day in (days or [date(2026, 6, 1)])]
)
def test_the_window_agrees_with_every_clock_across_changes(zone: str, day: date) -> None:
    middle = int(datetime.combine(day, time(12), ZoneInfo(zone)).timestamp())
    for start, end in (("02:00", "04:00"), ("23:30", "01:30"), ("01:45", "02:15"), ("04:00", "02:00")):
        expected = minutes_of(start, end, ZoneInfo(zone), day)
        maintenance = window(start, end, zone)
        for now in range(middle - 86400, middle + 86400, MINUTE):
            assert window_active(maintenance, now) == (now in expected), (start, end, now)


@given(start=clock_times, end=clock_times, zone=st.sampled_from(list(CHANGES)), now=st.floats(0, 2e9))
def test_a_window_and_the_rest_of_the_day_are_all_of_it(start: str, end: str, zone: str, now: float) -> None:
    if start != end:
        assert window_active(window(start, end, zone), now) != window_active(window(end, start, zone), now)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "Europe"])
def test_an_unknown_time_zone_is_named_with_the_remedy(zone: str) -> None:
    with pytest.raises(UsageError, match=r"^maintenance\.time_zone: no time zone .* IANA name"):
        window_active(window("02:00", "04:00", zone), 0)


def test_utc_needs_no_time_zone_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(windows, "ZoneInfo")
    assert window_active(window("00:00", "01:00"), 0)


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("now", "active"),
    [
        ("2026-05-08T21:59+00:00", False),  # Friday
        ("2026-05-08T22:00+00:00", True),
        ("2026-05-09T01:59+00:00", True),
        ("2026-05-09T02:00+00:00", False),
        ("2026-05-09T22:00+00:00", False),
        ("2026-05-08T01:00+00:00", False),
    ],
)
def test_over_midnight_the_day_is_the_one_on_which_the_window_begins(now: str, active: bool) -> None:
    maintenance = Maintenance(windows=(Window(start="22:00", end="02:00", weekdays=("fri",)),))
    assert window_active(maintenance, at(now)) is active


def test_windows_take_the_place_of_the_usual_one() -> None:
    noon = Window(start="12:00", end="13:00", repositories=("app",))
    evening = Window(start="20:00", end="21:00", time_zone="Europe/Berlin")
    maintenance = Maintenance(windows=(noon, evening))
    assert not window_active(maintenance, at("2026-05-05T02:30+00:00"))
    assert window_active(maintenance, at("2026-05-05T12:30+00:00"), "app")
    assert not window_active(maintenance, at("2026-05-05T12:30+00:00"), "lib")
    assert not window_active(maintenance, at("2026-05-05T12:30+00:00"))
    for repository in ("app", "lib", ""):
        assert window_active(maintenance, at("2026-05-05T20:30+02:00"), repository)
    assert windows_of(Maintenance(enabled=False)) == ()


def test_spans_are_when_any_window_is_open_and_join_where_they_meet() -> None:
    windows = (Window(start="02:00", end="03:00"), Window(start="03:00", end="04:00"))
    begin = at("2026-05-05T02:30:20+00:00")
    found = spans(Maintenance(), windows, begin, begin + 86400)
    assert found == [
        (at("2026-05-05T02:30+00:00"), at("2026-05-05T04:00+00:00")),
        (at("2026-05-06T02:00+00:00"), at("2026-05-06T02:31+00:00")),
    ]
