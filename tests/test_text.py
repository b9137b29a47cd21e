import pytest

from alignwatch.text import printable, size, span, table, timestamp


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (172800, "2 d"),
        (3 * 365 * 86400, "3 y"),
    ],
)
def test_spans(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_a_moment_is_utc() -> None:
    assert timestamp(1768219200.9) == "2026-01-12T12:00:00Z"


def test_what_could_steer_a_terminal_is_escaped() -> None:
    assert printable("a\x1b[31m\n\u202ez") == "a\\x1b[31m\\n\\u202ez"


def test_columns_line_up() -> None:
    assert table(["NAME", "N"], [["a", "10"], ["long one", "5"]], right=frozenset({1})) == (
        "NAME       N\na         10\nlong one   5"
    )


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 20, "5.0 MiB"), (3 << 40, "3072.0 GiB")],
)
def test_a_size_has_its_largest_fitting_unit(count: int, shown: str) -> None:
    assert size(count) == shown
