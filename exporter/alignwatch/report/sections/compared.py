"""What got better or worse since the window before."""

from alignwatch.report import wording
from alignwatch.report.comparison import Compared, Judgement, compare
from alignwatch.report.document import Block, Cells, Column, Paragraph, Phrase, Section, Table, Word
from alignwatch.report.review import Review
from alignwatch.report.sections.tones import tone

_COLUMNS = (
    Column("Figure"),
    Column("Before", number=True),
    Column("Now", number=True),
    Column("Change"),
)


def compared(review: Review) -> Section | None:
    """The comparison; None where none was asked for."""
    if not review.compared:
        return None
    if review.before is None:
        blocks: list[Block] = [Paragraph("Of the window before nothing is known, so nothing is compared.")]
    else:
        found = compare(review.before, review.now)
        window = review.before.window
        blocks = [
            Paragraph(_summary(found)),
            Table("Before and now", _COLUMNS, [_row(one) for one in found]),
            Paragraph(
                f"Before: {wording.moment(window.start)} to {wording.moment(window.end)}. A change of less "
                "than a twentieth, or of less than what the figure may change by chance, is about the same. "
                "More operations or more branches are neither better nor worse."
            ),
        ]
    return Section("compared", "Compared with the window before", blocks)


def _summary(found: list[Compared]) -> str:
    better = [one.name for one in found if one.judgement is Judgement.BETTER]
    worse = [one.name for one in found if one.judgement is Judgement.WORSE]
    said = [
        f"{title}: {', '.join(names)}." for title, names in (("Better", better), ("Worse", worse)) if names
    ]
    return " ".join(said) or "Nothing got better or worse that could be judged."


def _row(one: Compared) -> list[Cells]:
    judgement = Word(one.judgement, tone(one.judgement) if one.judgement != Judgement.UNKNOWN else "none")
    if not one.change or one.judgement in (Judgement.SAME, Judgement.UNKNOWN):
        change: Cells = judgement
    else:
        change = Phrase([one.change, " ", judgement]) if one.judgement else one.change
    return [one.name, one.before, one.now, change]
