"""The slowest and the failed operations, one by one where a journal tells of them."""

from collections.abc import Sequence

from alignwatch.journal.singles import Single
from alignwatch.report import wording
from alignwatch.report.document import Block, Cells, Column, Moment, Name, Paragraph, Section, Table, Word
from alignwatch.report.review import Review
from alignwatch.report.sections.tones import word

_COLUMNS = (
    Column("Operation"),
    Column("Repository"),
    Column("Branch"),
    Column("Onto"),
    Column("Outcome"),
    Column("At work", number=True),
    Column("Waited for a person", number=True),
    Column("Ended"),
)


def singles(review: Review) -> Section:
    """Two tables, or why there are none."""
    title = "Slowest and failed operations"
    found = review.singles
    if isinstance(found, str):
        said = (
            f"Single operations are not known here: {found}. Prometheus counts operations; the table by kind "
            "and repository has the longest of each. On the machine of an exporter this report names them."
        )
        return Section("singles", title, [Paragraph(Name(said))])
    left_out = f" Those of {', '.join(found.others)} are not among them." if found.others else ""
    blocks: list[Block] = [
        _table("The slowest", found.singles.slowest),
        _table("The newest that failed, met a conflict, or that git does not confirm", found.singles.failed),
        Paragraph(Name(f"From the journal of the exporter {found.exporter}.{left_out}")),
    ]
    return Section("singles", title, blocks)


def _table(caption: str, operations: Sequence[Single]) -> Table | Paragraph:
    if not operations:
        return Paragraph(f"{caption}: none.")
    return Table(caption, _COLUMNS, [_row(one) for one in operations])


def _row(one: Single) -> list[Cells]:
    return [
        Name(one.operation),
        Name(one.repository),
        Name(one.branch) if one.branch else wording.UNKNOWN,
        Name(one.target) if one.target else wording.UNKNOWN,
        Word(f"unverified: {one.refusal.replace('_', ' ')}", "bad") if one.refusal else word(one.outcome),
        wording.seconds(one.duration),
        wording.seconds(one.waiting) if one.waiting else wording.NOTHING,
        Moment(one.ended),
    ]
