"""Maintenance: what was done, and what is due next."""

from alignwatch.report import wording
from alignwatch.report.document import Cells, Column, Moment, Name, Paragraph, Phrase, Section, Table
from alignwatch.report.review import Review
from alignwatch.report.sections.tones import word
from alignwatch.report.upkeep import TaskReport

_COLUMNS = (
    Column("Task"),
    Column("Exporter"),
    Column("Due"),
    Column("Next"),
    Column("Runs in the window"),
    Column("Last success"),
    Column("Took", number=True),
    Column("Freed", number=True),
)


def maintenance(review: Review) -> Section:
    """A table of the tasks."""
    tasks = review.now.tasks
    if not tasks:
        return Section(
            "maintenance", "Maintenance", [Paragraph("No exporter has said that any is scheduled.")]
        )
    return Section(
        "maintenance",
        "Maintenance",
        [
            Table("Tasks, at the window's end", _COLUMNS, [_row(one) for one in tasks]),
            Paragraph(
                "From the exporters' series of maintenance. The last success is unknown of a task that has "
                "not succeeded yet for one of its repositories. Single runs: alignwatch maintenance history."
            ),
        ],
    )


def _row(one: TaskReport) -> list[Cells]:
    return [
        Name(one.task),
        Name(one.exporter),
        Name(one.frequency or one.schedule or wording.UNKNOWN),
        Moment(one.next_run),
        _runs(one),
        Moment(one.last_success),
        wording.seconds(one.last_seconds),
        wording.UNKNOWN if one.freed_bytes is None else wording.data(one.freed_bytes),
    ]


def _runs(one: TaskReport) -> Cells:
    if one.runs is None:
        return wording.UNKNOWN
    runs = [
        Phrase([wording.count(number), " ", word(outcome)]) for outcome, number in sorted(one.runs.items())
    ]
    return runs or "none"
