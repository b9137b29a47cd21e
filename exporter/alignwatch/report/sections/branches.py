"""Branches by state: now, and over the window."""

from alignwatch.report import wording
from alignwatch.report.branch_states import RepositoryBranches
from alignwatch.report.document import (
    Block,
    Cell,
    Chart,
    Charts,
    Column,
    Line,
    Name,
    Paragraph,
    Phrase,
    Section,
    Table,
)
from alignwatch.report.review import Review
from alignwatch.snapshot import BranchState

_MOST_CHARTS = 6


def branches(review: Review) -> Section:
    """A table of all repositories, and charts of those that have the most branches."""
    found = review.now.branches
    if not found:
        return Section("branches", "Branches", [Paragraph("No branches were counted in this window.")])
    states = [one for one in BranchState if any(one in (each.now or {}) for each in found)]
    columns = [Column("Repository"), *(Column(one.value, number=True) for one in states)]
    rows = [[Name(one.name), *(_cell(one, state) for state in states), _total(one)] for one in found]
    there = [one for one in found if one.over.lines]
    drawn = sorted(there, key=_size, reverse=True)[:_MOST_CHARTS]
    blocks: list[Block] = [
        Table(
            "Branches by state at the window's end, and the change since its start",
            [*columns, Column("all", number=True)],
            rows,
        ),
        Charts([_chart(one, f"branches{number}", review) for number, one in enumerate(drawn)]),
        Paragraph(
            "Counted by the exporters (alignment_branches). A gap is a time in which nobody could count. "
            "Behind: whether a merge would conflict is not known yet; clean and conflicting are behind too."
        ),
    ]
    if len(drawn) < len(there):
        blocks.insert(2, Paragraph(f"Drawn are the {len(drawn)} repositories with the most branches."))
    return Section("branches", "Branches", blocks)


def _size(one: RepositoryBranches) -> int:
    return sum((one.now or one.before or {}).values())


def _cell(one: RepositoryBranches, state: BranchState) -> Cell:
    if one.now is None:
        return wording.UNKNOWN
    return _with_change(one.now.get(state, 0), None if one.before is None else one.before.get(state, 0))


def _total(one: RepositoryBranches) -> Cell:
    if one.now is None:
        return wording.UNKNOWN
    return _with_change(sum(one.now.values()), None if one.before is None else sum(one.before.values()))


def _with_change(now: int, before: int | None) -> str:
    if before is None or now == before:
        return wording.count(now)
    return f"{wording.count(now)} ({wording.change(before, now, wording.count)})"


def _chart(one: RepositoryBranches, name: str, review: Review) -> Chart:
    lines = [Line(f"state-{state}", state, values) for state, values in one.over.lines.items()]
    now = ", ".join(f"{number} {state}" for state, number in (one.now or {}).items()) or wording.UNKNOWN
    return Chart(
        name=name,
        title=Phrase(["Branches of ", Name(one.name)]),
        says=f"Bars, one for each moment, stacked by state. At the end: {now}.",
        moments=one.over.moments,
        lines=lines,
        step=review.now.operations.step,
        wording=wording.count,
        form="bars",
    )
