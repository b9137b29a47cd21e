"""What the sections of the page are made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from alignwatch.text import span, timestamp
from alignwatch.web.page.html import Child, Html, element, named

_LEVELS = {
    "good": (
        "healthy",
        "optimal",
        "idle",
        "merged",
        "aligned",
        "success",
        "not_needed",
        "confirmed",
        "resolved",
    ),
    "note": ("running", "clean", "apart", "paused", "open", "in progress"),
    "warn": ("warnings", "degraded", "behind", "orphan", "aborted", "cancelled", "rolled_back", "firing"),
    "bad": ("unhealthy", "corrupt", "unreachable", "stuck", "conflicting", "conflict", "failed", "timeout"),
}
_LEVEL_OF = {word: level for level, words in _LEVELS.items() for word in words}
_SIGNS = {"good": "✓", "note": "•", "warn": "!", "bad": "✕"}
_UNKNOWN_SIGN = "?"
_EXACT_BELOW_SECONDS = 10


class Part(NamedTuple):
    """One part of the page."""

    title: str
    body: Child

    @property
    def slug(self) -> str:
        """What a link leads to."""
        return self.title.lower().replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    label: str
    kind: Literal["", "number", "name", "wide"] = ""
    """A number is set to the right. On a narrow screen a name has a line of its own, and what is wide has
    one that its label does not share."""
    header: Child = None
    """What stands in the header instead of the label."""
    sort: str | None = None
    """``ascending`` or ``descending`` where the table is sorted by it."""


def table(caption: Child, columns: Sequence[Column], rows: Iterable[Mapping[str, Child]]) -> Html:
    """A table; the first cell of each row is its header.

    A narrow screen shows each row as a block, for which browsers would forget that it is a table: hence the
    roles.

    Args:
        caption: what is in it.
        columns: those that are shown.
        rows: what stands under each column's label.
    """
    headers = [
        element(
            "th",
            one.header or one.label,
            scope="col",
            role="columnheader",
            aria_sort=one.sort,
            class_=one.kind or None,
        )
        for one in columns
    ]
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", headers, role="row"), role="rowgroup"),
        element("tbody", [_row(columns, row) for row in rows], role="rowgroup"),
        role="table",
    )


def _row(columns: Sequence[Column], row: Mapping[str, Child]) -> Html:
    made = [
        element(
            "td" if place else "th",
            row[column.label],
            scope=None if place else "row",
            role="cell" if place else "rowheader",
            data_label=column.label,
            class_=column.kind or None,
        )
        for place, column in enumerate(columns)
    ]
    return element("tr", made, role="row")


def verdict(word: str, told: str | None = None) -> Html:
    """A word for how something is, with a sign and a colour for how good that is.

    Args:
        word: one of those that the exporter knows; any other one stands for what is unknown.
        told: what is written instead.
    """
    level = _LEVEL_OF.get(word, "unknown")
    sign = element("span", _SIGNS.get(level, _UNKNOWN_SIGN), aria_hidden="true")
    return element("span", sign, named(told or word.replace("_", " ")), class_=f"verdict {level}")


def items(texts: Iterable[str]) -> Html | None:
    """A list of sentences; nothing where there are none."""
    made = [element("li", named(one)) for one in texts]
    return element("ul", made) if made else None


def figure(value: int | None) -> Child:
    """A number; what is unknown is said to be."""
    if value is not None:
        return str(value)
    sign = element("span", _UNKNOWN_SIGN, aria_hidden="true")
    return [sign, element("span", "unknown", class_="unseen")]


def moment(seconds: float | None, now: float) -> Child:
    """A moment as its distance from now, with the exact time behind it; nothing where there is none."""
    if seconds is None:
        return element("span", "never", class_="quiet")
    away = f"in {span(seconds - now)}" if seconds > now else f"{span(now - seconds)} ago"
    exact = timestamp(seconds)
    return element("time", away, datetime=exact, title=exact)


def moment_of(text: str | None, now: float) -> Child:
    """As :func:`moment`, of RFC 3339."""
    return figure(None) if text is None else moment(datetime.fromisoformat(text).timestamp(), now)


def length(seconds: float) -> str:
    """A length of time: ``0.42 s``, ``12 min``."""
    return f"{seconds:.2g} s" if seconds < _EXACT_BELOW_SECONDS else span(seconds)


def paragraph(*children: Child, class_: str | None = None) -> Html:
    """A paragraph."""
    return element("p", *children, class_=class_)


def bar(counts: Mapping[str, int]) -> Html | None:
    """Shares of a whole as a bar, for the eye alone: the numbers have to stand beside it."""
    total = sum(counts.values())
    if not total:
        return None
    pieces, before = [], 0
    for word, count in counts.items():
        x, width = f"{100 * before / total:.2f}%", f"{100 * count / total:.2f}%"
        pieces.append(element("rect", x=x, width=width, height="100%", class_=f"state-{word}"))
        before += count
    return element("svg", pieces, class_="bar", aria_hidden="true")
