"""The page from the document.

Everything is escaped unless it is markup of ours: names of branches, alerts and labels stay text, and what
could steer the reading direction of the page stays within its name. The policy lets no script and no style
but ours run, whatever finds its way in.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from alignwatch import __version__
from alignwatch.report import wording
from alignwatch.report.document import Cell, Cells, Chart, Document, Moment, Name, Phrase, Word
from alignwatch.report.html.charts import draw, swatches
from alignwatch.text import printable, timestamp

_HERE = Path(__file__).parent
_SIGNS = {"good": "✓", "warn": "!", "bad": "✗"}
"""Besides the colour, for those who do not see it."""
_RUN_TOGETHER = re.compile("(?<=[a-z])(?=[A-Z])")


def page(document: Document) -> bytes:
    """One self-contained HTML file, in UTF-8."""
    style = (_HERE / "report.css").read_text()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(cell=_cells, kind=lambda block: type(block).__name__, plain=plain)
    environment.globals.update(svg=_svg, swatches=swatches, rows=_rows)
    template = environment.from_string((_HERE / "report.html.j2").read_text())
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    made = template.render(
        document=document,
        style=Markup(style),  # noqa: S704  # our own file
        policy=policy,
        version=__version__,
    )
    # A name that is not UTF-8 shows its bytes as escapes.
    return made.encode(errors="backslashreplace")


def plain(cell: Cell) -> str:
    """A cell without markup, still to be escaped."""
    match cell:
        case Name(text) | Word(text):
            return printable(text)
        case Moment(at):
            return wording.moment(at)
        case Phrase(parts):
            return "".join(map(plain, parts))
        case _:
            return cell


def _cells(cells: Cells) -> Markup:
    """What is in one cell of a table: several things have a line each."""
    if isinstance(cells, str) or not isinstance(cells, Sequence):
        return _cell(cells)
    lines = (Markup('<span class="line">{}</span>').format(_cell(one)) for one in cells)
    return Markup("").join(lines)


def _cell(cell: Cell) -> Markup:
    match cell:
        case Name(text):
            # Where words run together a line may break between them, lest it breaks inside one.
            words = _RUN_TOGETHER.split(printable(text))
            return Markup("<bdi>{}</bdi>").format(Markup("<wbr>").join(words))
        case Word(text, tone) if tone != "none":
            sign = Markup('<span aria-hidden="true">{}</span>').format(_SIGNS[tone])
            return Markup('<span class="tone {}">{} {}</span>').format(tone, sign, text)
        case Moment(at) if at is not None:
            return Markup('<time datetime="{}">{}</time>').format(timestamp(at), wording.moment(at))
        case Phrase(parts):
            return Markup("").join(map(_cell, parts))
        case _:
            return escape(plain(cell))


def _svg(chart: Chart) -> Markup:
    labelled_by = f"{chart.name}-title {chart.name}-says"
    return Markup(draw(chart, labelled_by))  # noqa: S704  # pygal has escaped what is text in it


def _rows(chart: Chart) -> list[tuple[str, list[str]]]:
    """The chart as a table: a row for each moment; thresholds are the same in all of them."""
    lines = [one for one in chart.lines if not one.limit]
    return [
        (wording.full_moment(at), [chart.wording(one.values[number]) for one in lines])
        for number, at in enumerate(chart.moments)
    ]
