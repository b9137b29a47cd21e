import pytest

from alignwatch.report import wording


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (0.0, "0 s"),
        (0.5334, "0.533 s"),
        (59.9, "59.9 s"),
        (60, "1 min"),
        (252, "4 min 12 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86400 * 3 + 4 * 3600, "3 d 4 h"),
        (None, "unknown"),
    ],
)
def test_lengths_of_time(length: float | None, words: str) -> None:
    assert wording.seconds(length) == words


def test_figures() -> None:
    assert wording.count(1234) == "1,234"
    assert wording.share(0.98765) == "98.8 %"
    assert wording.points(0.0182) == "1.82 points"
    assert wording.megabytes(6281.7) == "6,282 MB"
    assert wording.megabytes(2.34) == "2.3 MB"
    assert wording.data(3_000_000) == "2.9 MiB"
    assert wording.plural(1, "branch", "branches") == "1 branch"
    assert wording.plural(2, "alert") == "2 alerts"


def test_what_is_unknown_is_never_0() -> None:
    for write in (
        *(wording.count, wording.seconds, wording.percent, wording.share, wording.points),
        *(wording.megabytes, wording.moment),
    ):
        assert write(None) == "unknown"


def test_moments_are_utc() -> None:
    assert wording.moment(1_768_219_200) == "2026-01-12 12:00 UTC"
    assert wording.full_moment(1_768_219_200) == "12 Jan 12:00"


def test_changes() -> None:
    assert wording.change(1, 3, wording.count) == "+2"
    assert wording.change(3, 1, wording.count) == "\N{MINUS SIGN}2"
    assert wording.change(3, 3, wording.count) == "±0"
