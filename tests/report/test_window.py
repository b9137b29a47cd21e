from datetime import UTC, datetime

import pytest

from alignwatch.errors import UsageError
from alignwatch.report.window import parse_window

NOW = 1_768_219_200.0


@pytest.mark.parametrize(
    ("length", "seconds"),
    [("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604_800), ("2w", 1_209_600), ("1h30m", 5400)],
)
def test_lengths(length: str, seconds: float) -> None:
    window = parse_window(length, None, NOW)
    assert (window.start, window.end, window.seconds) == (NOW - seconds, NOW, seconds)


@pytest.mark.parametrize(
    "length", ["", "h", "1", "0h", "-1h", "1.5h", "1 h", "1y", "\u0661h", "1h\n", "9" * 30 + "d"]
)
def test_what_is_no_length_is_refused_in_one_line(length: str) -> None:
    with pytest.raises(UsageError, match=r"^--window .* is no length of time; write 90s, 15m, 1h or 7d$"):
        parse_window(length, None, NOW)


def test_a_window_that_begins_before_1970_is_refused() -> None:
    with pytest.raises(UsageError, match="before 1970"):
        parse_window("9999w", None, NOW)


@pytest.mark.parametrize(
    "end", ["2026-01-12T12:00:00Z", "2026-01-12T13:00:00+01:00", "2026-01-12 12:00:00.000Z"]
)
def test_an_end_in_any_time_zone(end: str) -> None:
    assert parse_window("1h", end, 0).end == datetime(2026, 1, 12, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("end", ["yesterday", "2026-01-12", "2026-01-12T12:00:00", "", "1768219200"])
def test_an_end_without_time_zone_is_refused(end: str) -> None:
    with pytest.raises(UsageError, match=r"^--end .* is no moment with a time zone"):
        parse_window("1h", end, NOW)
