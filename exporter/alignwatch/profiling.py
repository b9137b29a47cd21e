"""How long each part of each kind of operation takes now, against a time before.

``config/profile.schema.json`` is generated from here. Only operations that succeeded count, and no time in
which a person resolved conflicts. Times are UTC, RFC 3339; durations are seconds.
"""

import math
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist, fmean, median, quantiles
from typing import Any, Literal

import msgspec
from msgspec import Struct

from alignwatch.journal.performance import WHOLE, Span
from alignwatch.journal.store import Journal
from alignwatch.report.window import parse_window
from alignwatch.text import seconds_in, table, timestamp

FORMAT = 1
"""Raised when a key is renamed or removed; further keys may come at any time."""

FEWEST = 8
"""Fewer operations on one side say nothing."""
_CHANCE = 0.01
"""A difference that chance alone makes this rarely counts."""
_NOTABLE = 0.1
"""What differs by less is the same to people."""

_DIGITS = 6

Change = Literal["faster", "slower", "same", "unknown"]


class Timing(Struct, frozen=True, kw_only=True):
    """One part of the operations of one span of time, in seconds."""

    count: int
    mean: float
    median: float
    p90: float
    max: float
    total: float


class Part(Struct, frozen=True, kw_only=True):
    """One part before and now; null where no operation had it."""

    operation: str
    """Kind of operation."""
    phase: str | None
    """Null for the whole operation."""
    baseline: Timing | None
    current: Timing | None
    ratio: float | None
    """Median now against before."""
    p_value: float | None
    """How often chance alone would part the two as much (Mann and Whitney's test, both sides)."""
    change: Change
    """``unknown`` with fewer than 8 operations on a side."""


class Period(Struct, frozen=True, kw_only=True):
    """A span of time: what ended after ``start`` and not after ``end``."""

    start: str
    end: str


class Profile(Struct, frozen=True, kw_only=True):
    """Everything that takes time."""

    format: int = FORMAT
    repositories: tuple[str, ...]
    baseline: Period
    current: Period
    parts: tuple[Part, ...]
    """By kind of operation, the whole first, then the phases: what takes longest now comes first."""


def profile_schema() -> dict[str, Any]:
    """The profile's JSON Schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(Profile),
    }


def spans(
    baseline: str, window: str, end: str | None, now: float, repositories: Sequence[str]
) -> tuple[Span, Span]:
    """The time before and the time now.

    Args:
        baseline: length of the time before, such as ``14d``.
        window: length of the time now, such as ``1d``.
        end: when that ends, in RFC 3339; None is ``now``.
        now: seconds since the epoch.
        repositories: whose operations count, by name.

    Raises:
        UsageError: one of them cannot be understood, or begins before 1970.
    """
    current = parse_window(window, end, now)
    start = max(0.0, current.start - seconds_in("--baseline", baseline))
    return Span(start, current.start, repositories), Span(current.start, current.end, repositories)


def make_profile(journal: Journal, baseline: Span, current: Span) -> Profile:
    """Compares two spans of time.

    Raises:
        AlignwatchError: the journal cannot be used.
    """
    before, now = journal.parts(baseline), journal.parts(current)
    parts = [_part(key, before.get(key, ()), now.get(key, ())) for key in before.keys() | now.keys()]
    return Profile(
        repositories=tuple(current.repositories),
        baseline=_period(baseline),
        current=_period(current),
        parts=tuple(sorted(parts, key=_rank)),
    )


def as_text(profile: Profile) -> str:
    """The profile for a terminal."""
    rows = [
        [
            one.operation if one.phase is None else f"  {one.phase}",
            *_shown(one.baseline),
            *_shown(one.current),
            "" if one.ratio is None else f"{one.ratio:.2f} x",
            one.change,
        ]
        for one in profile.parts
    ]
    header = ["part", "before", "median s", "p90 s", "now", "median s", "p90 s", "now / before", "verdict"]
    about = f"before {profile.baseline.start} .. {profile.baseline.end}, now .. {profile.current.end}"
    if not rows:
        return f"{about}\nno operation has succeeded in that time"
    return f"{about}\n\n{table(header, rows, right=frozenset(range(1, 8)))}"


def rank_sums_p(first: Sequence[float], second: Sequence[float]) -> float:
    """How often chance alone parts two samples as much as these: Mann and Whitney's test, both sides.

    By the normal distribution with corrections for ties and for continuity (H. B. Mann and D. R. Whitney,
    1947; N. L. Johnson and S. Kotz), which is close from some 8 figures a side on.
    """
    n, m = len(first), len(second)
    together = sorted([*first, *second])
    ties = Counter(together)
    ranks, position = dict[float, float](), 0
    for value in sorted(ties):
        ranks[value] = position + (ties[value] + 1) / 2
        position += ties[value]
    u = sum(ranks[value] for value in first) - n * (n + 1) / 2
    tied = sum(count**3 - count for count in ties.values())
    variance = n * m / 12 * ((n + m + 1) - tied / ((n + m) * (n + m - 1)))
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(u - n * m / 2) - 0.5) / math.sqrt(variance)
    return min(1.0, 2 * NormalDist().cdf(-z))


def _part(key: tuple[str, str], before: Sequence[float], now: Sequence[float]) -> Part:
    operation, phase = key
    baseline, current = _timing(before), _timing(now)
    ratio = current.median / baseline.median if baseline and current and baseline.median else None
    p_value = rank_sums_p(before, now) if min(len(before), len(now)) >= FEWEST else None
    return Part(
        operation=operation,
        phase=None if phase == WHOLE else phase,
        baseline=baseline,
        current=current,
        ratio=None if ratio is None else round(ratio, _DIGITS),
        p_value=None if p_value is None else round(p_value, _DIGITS),
        change=_change(ratio, p_value),
    )


def _change(ratio: float | None, p_value: float | None) -> Change:
    if ratio is None or p_value is None:
        return "unknown"
    if p_value >= _CHANCE or 1 / (1 + _NOTABLE) < ratio < 1 + _NOTABLE:
        return "same"
    return "slower" if ratio > 1 else "faster"


def _timing(seconds: Sequence[float]) -> Timing | None:
    if not seconds:
        return None
    ninth = quantiles(seconds, n=10, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    figures = {
        "mean": fmean(seconds),
        "median": median(seconds),
        "p90": ninth,
        "max": max(seconds),
        "total": math.fsum(seconds),
    }
    return Timing(count=len(seconds), **{name: round(value, _DIGITS) for name, value in figures.items()})


def _rank(part: Part) -> tuple[str, bool, float, str]:
    total = part.current.total if part.current else 0.0
    return part.operation, part.phase is not None, -total, part.phase or ""


def _period(one: Span) -> Period:
    return Period(start=timestamp(one.since), end=timestamp(one.until))


def _shown(timing: Timing | None) -> tuple[str, str, str]:
    return (
        ("", "", "") if timing is None else (str(timing.count), f"{timing.median:.3f}", f"{timing.p90:.3f}")
    )
