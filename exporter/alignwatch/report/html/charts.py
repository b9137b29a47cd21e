"""Charts as SVG, drawn by pygal.

pygal decides where everything is. Its own style sheets, scripts and tooltips are left out: the page's style
sheet colours the charts by class, so that they are light or dark with it, and its policy forbids all others.
"""

import math
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pygal
from pygal.style import Style

from alignwatch.report import wording
from alignwatch.report.document import Chart, Line

# pygal puts a finder for plug-ins of its own there, of a kind that Python 3.11 warns of. We use none.
sys.meta_path[:] = [one for one in sys.meta_path if type(one).__module__ != pygal.__name__]

_WIDTH, _HEIGHT = 460, 230
_LABELS = 12
"""Font size of the axes' labels; the same as in the style sheet."""
_MOST_TICKS = 5
_MOST_MOMENTS = 5
_LEAST_TICK = 0.1
"""Seconds; a logarithmic scale begins there at the latest."""
_TIME_TICKS = (0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 36000.0, 864000.0)
_ROUNDING = 1e-6
_LAYERS = ("titles", "legends")
_UNSEEN = frozenset({"defs", "desc", "title", "style", "script"})
_UNSEEN_SPACE = "\N{ZERO WIDTH SPACE}"
_NUMBER = re.compile(r"-?\d+\.\d+")
_COLOUR = re.compile(r"\bcolor-(\d+)\b")


def draw(chart: Chart, labelled_by: str) -> str:
    """The chart's SVG.

    Args:
        chart: what is drawn.
        labelled_by: ids of elements on the page that name and describe it, with spaces between them.
    """
    plot, scaled = _plot(chart), _scale(chart)
    for one in chart.lines:
        values = [None if value is None else scaled(value) for value in one.values]
        plot.add(one.key, values, show_dots=not one.limit)
    root = ET.fromstring(plot.render())  # noqa: S314  # what we made ourselves
    _strip(root)
    _place(root, [one.key for one in chart.lines])
    root.attrib = {
        "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
        "class": f"chart {chart.form}",
        "role": "img",
        "aria-labelledby": labelled_by,
    }
    return ET.tostring(root, encoding="unicode").replace("ns0:", "").replace(":ns0", "")


def _plot(chart: Chart) -> Any:
    style = Style(
        font_family="sans-serif",
        label_font_size=_LABELS,
        major_label_font_size=_LABELS,
        no_data_font_size=_LABELS,
    )
    ticks, scaled = _ticks(chart), _scale(chart)
    options: dict[str, Any] = {
        "width": _WIDTH,
        "height": _HEIGHT,
        "style": style,
        "js": (),
        "show_legend": False,
        "show_minor_x_labels": False,
        "margin": 6,
        "spacing": 6,
        "dots_size": 1.6,
        "allow_interruptions": True,
        "no_data_text": "no data",
        "truncate_label": -1,
        "y_labels": [{"label": chart.wording(tick), "value": scaled(tick)} for tick in ticks],
        # A little more, lest the topmost label be taken to lie beyond the edge.
        "range": (scaled(ticks[0]), scaled(ticks[-1]) + _ROUNDING * (scaled(ticks[-1]) - scaled(ticks[0]))),
    }
    plot = pygal.StackedBar(**options) if chart.form == "bars" else pygal.Line(**options)
    labels = _moments(chart)
    plot.x_labels = labels
    plot.x_labels_major = [labels[position] for position in _shown(len(labels))]
    return plot


def _moments(chart: Chart) -> list[str]:
    """A label for each moment, no two of them equal: pygal knows the major ones by their text."""
    labels = [wording.short_moment(at, _span_step(chart)) for at in chart.moments]
    return [label + _UNSEEN_SPACE * labels[:place].count(label) for place, label in enumerate(labels)]


def _span_step(chart: Chart) -> float:
    """What a label need tell: days where the whole is longer than two."""
    return math.inf if chart.moments[-1] - chart.moments[0] > 2 * 86400 else 0


def _shown(number: int) -> list[int]:
    every = max(1, math.ceil(number / _MOST_MOMENTS))
    return list(range(number - 1, -1, -every))[::-1]


def _scale(chart: Chart) -> Callable[[float], float]:
    """Where a value lies; pygal's own logarithmic scale loses points beside gaps."""
    if chart.logarithmic:
        return lambda value: math.log10(max(value, _LEAST_TICK))
    return lambda value: value


def _ticks(chart: Chart) -> list[float]:
    """Where the scale has lines: numbers that are easily read, from the least to beyond the largest."""
    if chart.logarithmic:
        known = [one for line in chart.lines for one in line.values if one is not None]
        first = max((one for one in _TIME_TICKS if one <= min(known)), default=_LEAST_TICK)
        last = next((one for one in _TIME_TICKS if one >= max(known)), max(known))
        return [one for one in _TIME_TICKS if first <= one < last] + [last]
    most = _largest(chart)
    rough = most / (_MOST_TICKS - 1) or 1
    power = 10 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 5, 10) if one * power >= rough)
    if chart.wording is wording.count:
        step = max(1, step)
    return [step * number for number in range(math.ceil(most / step) + 1)] if most else [0, step]


def _largest(chart: Chart) -> float:
    if chart.form == "bars":
        columns = zip(*(line.values for line in chart.lines), strict=True)
        return max((sum(one or 0 for one in column) for column in columns), default=0)
    return max((one for line in chart.lines for one in line.values if one is not None), default=0)


def _strip(element: ET.Element) -> None:
    """Takes out what is not seen, and what only a script would use."""
    for child in list(element):
        if _is_superfluous(child):
            element.remove(child)
        else:
            _strip(child)
    for child in list(element):
        if _tag(child) == "g" and not len(child):
            element.remove(child)


def _is_superfluous(element: ET.Element) -> bool:
    classes = element.get("class", "").split()
    if _tag(element) in _UNSEEN or "background" in classes or any(one in classes for one in _LAYERS):
        return True
    if any(one.endswith("-overlay") for one in classes):
        return True
    return _tag(element) == "rect" and float(element.get("height", 0)) <= 0


def _place(element: ET.Element, keys: Sequence[str]) -> None:
    """Colours by what a line is; coordinates to a tenth of a pixel."""
    for one in element.iter():
        one.tag = _tag(one)
        for name, value in list(one.attrib.items()):
            if name in ("rx", "ry", "style", "id") or value == "":
                del one.attrib[name]
            elif name == "class":
                one.set(name, _COLOUR.sub(lambda found: f"key-{keys[int(found[1])]}", value))
            else:
                one.set(name, _NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), value))


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else "comment"


def swatches(lines: Sequence[Line]) -> list[tuple[str, str]]:
    """The legend: the class of each line and its name."""
    return [(f"key-{one.key}", one.name) for one in lines]
