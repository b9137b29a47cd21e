"""Operations over the window: how they ended, how long they took, and in which phases."""

from collections.abc import Mapping, Sequence

from alignwatch.report import wording
from alignwatch.report.courses import LONGEST, MEDIAN, MOST_OF
from alignwatch.report.document import (
    Block,
    Cell,
    Cells,
    Chart,
    Charts,
    Column,
    Line,
    Name,
    Paragraph,
    Phrase,
    Section,
    Table,
    Word,
)
from alignwatch.report.kinds import MOST, Kind, PhaseFigures
from alignwatch.report.moments import Timeline
from alignwatch.report.review import Review
from alignwatch.text import span

_MOST = f"{MOST:.0%} took at most".replace("%", " %")
_NAMES = {MEDIAN: "half took at most", MOST_OF: _MOST, LONGEST: "longest"}
_KINDS = (
    Column("Operation"),
    Column("Repository"),
    Column("Number", number=True),
    Column("Failed", number=True),
    Column("Conflict", number=True),
    Column("Average", number=True),
    Column("Half took at most", number=True),
    Column(_MOST, number=True),
    Column("Longest", number=True),
    Column("Threshold", number=True),
)
_PHASES = (
    Column("Phase"),
    Column("Operation"),
    Column("Number", number=True),
    Column("Average", number=True),
    Column("Half took at most", number=True),
    Column(_MOST, number=True),
    Column("Threshold", number=True),
)
_WORDS = (
    "Numbers and averages are exact, from the exporters' counters. What half or most did not exceed is "
    "estimated within the buckets of a histogram (≈). The longest is what the exporters showed when they "
    "were scraped. What was not needed, paused, cancelled or aborted tells nothing of speed and is left out "
    "of the durations, and so is the time of a person."
)


def operations(review: Review) -> Section:
    """Charts of outcomes and durations, and a table of kinds and one of phases."""
    now = review.now
    if not now.kinds:
        total = now.report.performance_metrics.alignment_operations.total_executed
        said = "Nothing is known of operations: no journal was seen." if total is None else "There were none."
        return Section("operations", "Operations", [Paragraph(said)])
    blocks: list[Block] = [
        Charts([_outcomes(review), *_durations(review)]),
        Table("By kind and repository", _KINDS, [_kind(one) for one in _slowest_first(now.kinds)]),
    ]
    if now.phases:
        blocks.append(Table("Phases, in all repositories", _PHASES, [_phase(one) for one in now.phases]))
    return Section("operations", "Operations", [*blocks, Paragraph(_WORDS)])


def _slowest_first(kinds: Sequence[Kind]) -> list[Kind]:
    return sorted(kinds, key=lambda one: (one.operation, -(one.spread.average or 0), one.repository))


def _outcomes(review: Review) -> Chart:
    course = review.now.operations
    totals = {name: sum(one or 0 for one in values) for name, values in course.outcomes.lines.items()}
    said = ", ".join(f"{wording.count(number)} {name.replace('_', ' ')}" for name, number in totals.items())
    return Chart(
        name="outcomes",
        title=f"Operations by outcome, in steps of {span(course.step)}",
        says=f"Bars, one for each {span(course.step)}, stacked by outcome. In the window: {said}.",
        moments=course.outcomes.moments,
        lines=[
            Line(f"outcome-{name}", name.replace("_", " "), values)
            for name, values in course.outcomes.lines.items()
        ],
        step=course.step,
        wording=wording.count,
        form="bars",
    )


def _durations(review: Review) -> list[Chart]:
    course = review.now.operations
    return [_duration(review, kind, found) for kind, found in course.durations.items() if _any(found.lines)]


def _any(lines: Mapping[str, tuple[float | None, ...]]) -> bool:
    return any(value is not None for values in lines.values() for value in values)


def _duration(review: Review, kind: str, found: Timeline) -> Chart:
    limit = review.limits.lowest("alignment_time_seconds", operation=kind)
    lines = [Line(f"duration-{key}", _NAMES[key], values) for key, values in found.lines.items()]
    says = [
        f"Lines on a logarithmic scale, a point for each {span(review.now.operations.step)}:",
        "; ".join(f"{one.name} {_from_to(one.values)}" for one in lines) + ".",
    ]
    if limit is not None:
        lines.append(
            Line("limit", f"threshold, {wording.seconds(limit)}", (limit,) * len(found.moments), True)
        )
        says.append(f"The threshold, the lowest of all repositories, is {wording.seconds(limit)}.")
    return Chart(
        name=f"duration-{kind}",
        title=Phrase(["Duration of ", Name(kind)]),
        says=" ".join(says),
        moments=found.moments,
        lines=lines,
        step=review.now.operations.step,
        wording=wording.seconds,
        logarithmic=True,
    )


def _from_to(values: Sequence[float | None]) -> str:
    known = [one for one in values if one is not None]
    if not known:
        return wording.UNKNOWN
    return f"from {wording.seconds(min(known))} to {wording.seconds(max(known))}"


def _kind(one: Kind) -> list[Cells]:
    return [
        Name(one.operation),
        Name(one.repository),
        wording.count(one.number),
        _troubled(one.bad),
        wording.count(one.outcomes.get("conflict", 0)),
        wording.seconds(one.spread.average) if one.spread.number else wording.NOTHING,
        _about(one.spread.median, one.spread.number),
        _about(one.spread.most, one.spread.number),
        _against(one.longest, one.limit),
        "none" if one.limit is None else wording.seconds(one.limit),
    ]


def _phase(one: PhaseFigures) -> list[Cells]:
    return [
        Name(one.phase),
        Name(one.operation),
        wording.count(one.spread.number),
        wording.seconds(one.spread.average),
        _about(one.spread.median, one.spread.number),
        _about(one.spread.most, one.spread.number),
        "none" if one.limit is None else wording.seconds(one.limit),
    ]


def _about(length: float | None, number: int) -> str:
    if not number:
        return wording.NOTHING
    return wording.UNKNOWN if length is None else f"≈ {wording.seconds(length)}"


def _troubled(number: int) -> Cell:
    return Word(wording.count(number), "bad") if number else wording.count(number)


def _against(longest: float | None, limit: float | None) -> Cell:
    """The longest; one above its threshold says so."""
    if longest is None or limit is None or longest <= limit:
        return wording.seconds(longest)
    return Word(f"{wording.seconds(longest)}, over", "bad")
