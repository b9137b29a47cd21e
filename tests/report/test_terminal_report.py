import pytest

from alignwatch.report import wording
from alignwatch.report.document import (
    Block,
    Cells,
    Chart,
    Charts,
    Column,
    Document,
    Figure,
    Figures,
    Line,
    Moment,
    Name,
    Notes,
    Paragraph,
    Phrase,
    Section,
    Table,
    Word,
)
from alignwatch.report.terminal import sparkline, terminal

COLUMNS = (Column("What"), Column("Number", number=True))
ESCAPE = "\x1b"


def told(*blocks: Block, width: int = 80, colours: bool = False) -> list[str]:
    """The lines of a section of these blocks."""
    document = Document("T", "about", "made", [Section("s", "S", blocks)])
    return terminal(document, width, colours=colours).splitlines()[5:-2]


def test_the_frame() -> None:
    document = Document("Title", "about", "made", [Section("s", "Section", [Paragraph("text")])])
    lines = ["Title", "about", "", "Section", "───────", "text", "", "made"]
    assert terminal(document, 80, colours=False).splitlines() == lines


def test_a_table_that_fits() -> None:
    rows: list[list[Cells]] = [["a", "7"], [Name("longer"), ["12", "34"]]]
    assert told(Table("Caption", COLUMNS, rows)) == [
        "Caption:",
        "What    Number",
        "a            7",
        "longer  12, 34",
    ]


def test_a_table_with_one_wide_column_has_cells_of_several_lines() -> None:
    rows: list[list[Cells]] = [["Tasks", "word " * 8], ["Alerts", "7"]]
    assert told(Table("Caption", COLUMNS, rows), width=40) == [
        "Caption:",
        "What                              Number",
        "Tasks      word word word word word word",
        "                               word word",
        "Alerts                                 7",
    ]


def test_a_table_that_does_not_is_told_row_by_row() -> None:
    rows: list[list[Cells]] = [[Name("x" * 50), "word " * 20]]
    lines = told(Table("Caption", COLUMNS, rows), width=60)
    assert lines[:2] == ["Caption:", "* " + "x" * 50]
    assert lines[2] == "    Number  word word word word word word word word word"
    assert all(len(line) <= 60 for line in lines)


def test_paragraphs_and_notes_fit_the_width() -> None:
    lines = told(Paragraph("word " * 30), Notes([Name("note " * 12)]), width=40)
    assert max(map(len, lines)) <= 40
    assert lines[-2].startswith("- note")
    assert lines[-1].startswith("  note")


def test_figures() -> None:
    figures = Figures([Figure("One", "1", "good"), Figure("Alerts", "3", detail="1 critical")])
    assert told(figures) == ["One     1", "Alerts  3 (1 critical)"]


def test_a_chart_in_a_line_each() -> None:
    lines = (Line("k", "in use", [0.0, None, 7.0]), Line("limit", "threshold, 9", [9.0] * 3, limit=True))
    silent = Line("k", "silent", [None] * 3)
    chart = Chart("c", Phrase(["Of ", Name("a\nb")]), "says", (0, 1, 2), (*lines, silent), 1, wording.count)
    assert told(Charts([chart])) == [
        r"Of a\nb:",
        "  in use        ▁ █  0 to 7",
        "  threshold, 9",
        "  silent             unknown",
    ]


def test_a_chart_without_pictures_where_there_is_no_room() -> None:
    chart = Chart("c", "Of a", "", range(40), [Line("k", "n", [1.0] * 40)], 1, wording.count)
    assert told(Charts([chart]), width=50) == ["Of a:", "  n  1 to 1"]


def test_colours_only_where_they_are_wanted() -> None:
    blocks: tuple[Block, ...] = (
        Table("C", COLUMNS, [[Word("stuck", "bad"), "1"], [Word("plain", "none"), "2"]]),
    )
    assert ESCAPE not in "".join(told(*blocks))
    coloured = told(*blocks, colours=True)
    assert coloured[2] == f"{ESCAPE}[31mstuck{ESCAPE}[0m       1"
    assert coloured[3] == "plain       2"


def test_what_could_steer_the_terminal_is_shown() -> None:
    (line,) = told(Paragraph(Name(f"{ESCAPE}[2Jgone\u202e")))
    assert line == r"\x1b[2Jgone\u202e"
    assert told(Paragraph(Phrase(["at ", Moment(0), ", ", Moment(None)]))) == [
        "at 1970-01-01 00:00 UTC, unknown"
    ]


@pytest.mark.parametrize(
    ("values", "line"), [([], ""), ([0, 0], "▁▁"), ([1, 2, 4, 8], "▂▃▅█"), ([None, 5], " █"), ([None], " ")]
)
def test_sparklines(values: list[float | None], line: str) -> None:
    assert sparkline(values) == line
