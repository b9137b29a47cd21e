"""The document on a terminal, or as plain text in a pipe."""

import re
import shutil
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from alignwatch.report import wording
from alignwatch.report.document import (
    Block,
    Cell,
    Cells,
    Chart,
    Charts,
    Document,
    Figures,
    Line,
    Moment,
    Name,
    Notes,
    Paragraph,
    Phrase,
    Table,
    Word,
)
from alignwatch.text import printable

_BARS = "▁▂▃▄▅▆▇█"
_COLOURS = {"good": "32", "warn": "33", "bad": "31"}
_LEAST_WIDTH = 40
_LEAST_CELL = 24
"""Columns; in fewer a long text is not read easily."""
_GAP = "  "
_MOST_POINTS = 48
_ESCAPE = re.compile("\x1b\\[[0-9;]*m")


def width_of_terminal() -> int:
    """Columns; what a pipe has is not known, and 100 are assumed."""
    return max(_LEAST_WIDTH, shutil.get_terminal_size((100, 24)).columns)


def terminal(document: Document, width: int, *, colours: bool) -> str:
    """The text.

    Args:
        document: what is told.
        width: columns; a table that is wider, even with its widest column wrapped, is told row by row.
        colours: whether states are coloured, besides what they say.
    """
    return "\n".join(_Writer(width, colours).document(document)) + "\n"


class _Writer:
    def __init__(self, width: int, colours: bool) -> None:
        self._width = width
        self._colours = colours

    def document(self, document: Document) -> Iterator[str]:
        yield self._strong(document.title)
        yield from self._wrapped(document.about)
        for section in document.sections:
            yield from ("", self._strong(section.title), "─" * min(self._width, len(section.title)))
            for number, block in enumerate(section.blocks):
                if number:
                    yield ""
                yield from self._block(block)
        yield ""
        yield from self._wrapped(document.made)

    def _block(self, block: Block) -> Iterator[str]:
        match block:
            case Paragraph(text):
                yield from self._wrapped(text)
            case Notes(items):
                for item in items:
                    yield from wrap(f"- {self._text(item)}", self._width, subsequent_indent="  ")
            case Figures(figures):
                widest = max(len(one.name) for one in figures)
                for one in figures:
                    value = self._word(one.value, one.tone)
                    yield f"{one.name:<{widest}}{_GAP}{value}" + (f" ({one.detail})" if one.detail else "")
            case Table():
                yield from self._table(block)
            case Charts(charts):
                for chart in charts:
                    yield from self._chart(chart)

    def _wrapped(self, cell: Cell) -> Iterator[str]:
        yield from wrap(self._text(cell), self._width) or [""]

    def _table(self, table: Table) -> Iterator[str]:
        header = [one.title for one in table.columns]
        rows = [[self._cells(cell) for cell in row] for row in table.rows]
        widths = [max(map(_length, column)) for column in zip(header, *rows, strict=True)]
        yield from self._wrapped(f"{table.caption}:")
        widest = max(range(len(widths)), key=widths.__getitem__)
        # Where one column alone is too wide its cells have several lines.
        room = self._width - len(_GAP) * (len(widths) - 1) - sum(widths) + widths[widest]
        if room < min(widths[widest], _LEAST_CELL):
            yield from self._row_by_row(header, rows)
            return
        widths[widest] = min(widths[widest], room)
        numbers = [one.number for one in table.columns]
        for row in (header, *rows):
            for line in zip_longest(*map(_lines, row, widths), fillvalue=""):
                yield _GAP.join(map(_set, line, widths, numbers)).rstrip()

    def _row_by_row(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
        widest = max(map(len, header))
        for row in rows:
            yield from wrap(f"* {row[0]}", self._width, subsequent_indent="  ")
            for title, text in zip(header[1:], row[1:], strict=True):
                lines = wrap(text, max(_LEAST_WIDTH // 2, self._width - widest - 6)) or [""]
                yield f"    {title:<{widest}}{_GAP}{lines[0]}"
                yield from (f"    {'':<{widest}}{_GAP}{line}" for line in lines[1:])

    def _chart(self, chart: Chart) -> Iterator[str]:
        yield from self._wrapped(Phrase([chart.title, ":"]))
        widest = max((len(one.name) for one in chart.lines), default=0)
        for one in chart.lines:
            name, picture, values = f"  {one.name:<{widest}}", sparkline(one.values), _from_to(one, chart)
            whole = _GAP.join([name, *([picture, values] if values else [])])
            # A picture of which a part is cut off would lie.
            yield (whole if len(whole) <= self._width else _GAP.join([name, values])).rstrip()

    def _text(self, cell: Cell) -> str:
        match cell:
            case Name(text):
                return printable(text)
            case Word(text, tone):
                return self._word(text, tone)
            case Moment(at):
                return wording.moment(at)
            case Phrase(parts):
                return "".join(map(self._text, parts))
            case _:
                return cell

    def _cells(self, cells: Cells) -> str:
        if isinstance(cells, str) or not isinstance(cells, Sequence):
            return self._text(cells)
        return ", ".join(map(self._text, cells))

    def _word(self, text: str, tone: str) -> str:
        colour = _COLOURS.get(tone)
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours and colour else text

    def _strong(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self._colours else text


def _from_to(line: Line, chart: Chart) -> str:
    known = [one for one in line.values if one is not None]
    if line.limit:
        return ""
    return f"{chart.wording(min(known))} to {chart.wording(max(known))}" if known else wording.UNKNOWN


def sparkline(values: Sequence[float | None]) -> str:
    """A small picture of a line: from 0 to its largest value; what is unknown is a gap."""
    most = max((one for one in values if one is not None), default=0)
    return "".join(
        " " if one is None else _BARS[round((len(_BARS) - 1) * one / most) if most else 0] for one in values
    )


def _lines(text: str, width: int) -> list[str]:
    return [text] if _length(text) <= width else wrap(text, width, break_on_hyphens=False)


def _set(text: str, width: int, number: bool) -> str:
    space = " " * (width - _length(text))
    return space + text if number else text + space


def _length(text: str) -> int:
    return len(_ESCAPE.sub("", text))
