"""What a report says, whatever it is read on: sections of paragraphs, figures, tables and charts.

The page and the terminal show the same document, so a figure is decided in one place. A plain ``str`` is
wording of ours; what comes from elsewhere is a :class:`Name`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Tone = Literal["good", "warn", "bad", "none"]
"""What a word says of how well things are; never the only thing that says so."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name or text that comes from elsewhere: of a branch, of an alert."""

    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """A state or a judgement."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, in seconds since the epoch; None is unknown."""

    at: float | None


@dataclass(frozen=True, slots=True)
class Phrase:
    """Several things in one line."""

    parts: Sequence["Cell"]


Cell: TypeAlias = "str | Name | Word | Moment | Phrase"
"""One thing that is told."""
Cells: TypeAlias = "Cell | Sequence[Cell]"
"""What is in one cell of a table: one thing, or several, one below the other."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    title: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header; the first cell of a row is what the row is about."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cells]]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two."""

    text: Cell


@dataclass(frozen=True, slots=True)
class Notes:
    """Several short paragraphs."""

    items: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that is seen first."""

    name: str
    value: str
    tone: Tone = "none"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Several of them."""

    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart, or one part of its bars."""

    key: str
    """What it is, in a word of ours: it decides the colour."""
    name: str
    values: Sequence[float | None]
    limit: bool = False
    """Whether it is a threshold."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Values over the window, with all of them as a table."""

    name: str
    """In a word of letters and digits, unlike that of any other chart."""
    title: Cell
    says: str
    """What is seen there, for those who do not see it."""
    moments: Sequence[float]
    lines: Sequence[Line]
    step: int
    """Seconds between two moments."""
    wording: Callable[[float | None], str]
    """How its values are written."""
    form: Literal["bars", "lines"] = "lines"
    logarithmic: bool = False


@dataclass(frozen=True, slots=True)
class Charts:
    """Several that belong together."""

    charts: Sequence[Chart]


Block = Paragraph | Notes | Figures | Table | Charts


@dataclass(frozen=True, slots=True)
class Section:
    """What belongs under one heading."""

    name: str
    """In a word of letters and digits."""
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole."""

    title: str
    about: str
    """Which span of time."""
    made: str
    sections: Sequence[Section]
