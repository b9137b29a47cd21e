"""Tables: one row for each thing, one column for each question to Prometheus; cells lead one level down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from grafana_foundation_sdk.builders import common as build
from grafana_foundation_sdk.builders import table as build_table
from grafana_foundation_sdk.models import common, dashboard

from dashboards import colors
from dashboards.panels import DATASOURCE, WHOLE, numbers, prop, target, words
from dashboards.queries import Query

_LEAST_WIDTH = 100
_COLORED = {"type": "color-text"}
_NOTHING = "-"
"""In a cell; what is said of an empty table would be said in it, too."""
_BAR = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}


@dataclass(frozen=True)
class Column:
    """One question, asked for all rows at once."""

    header: str
    expr: str
    unit: str = "short"
    width: int = 110
    states: Mapping[str, str] | None = None
    """Where the values are numbers of states: these in their order, and their colours."""
    colored: Sequence[tuple[float | None, str]] = ()
    """Colours from so much on; the first is for all below."""
    gauge: bool = False
    """Whether a bar shows how the value compares with the others, or with 100 %."""
    decimals: int | None = None
    first: bool = False
    """Whether it stands before what names the rows."""

    def properties(self) -> list[dashboard.DynamicConfigValue]:
        """How its cells look."""
        found = [prop("unit", self.unit), prop("custom.width", self.width), prop("noValue", _NOTHING)]
        if self.decimals is not None:
            found.append(prop("decimals", self.decimals))
        if self.states:
            found += [prop("mappings", numbers(self.states)), prop("custom.cellOptions", _COLORED)]
        if self.colored:
            thresholds = [{"value": value, "color": color} for value, color in self.colored]
            found.append(prop("thresholds", {"mode": "absolute", "steps": thresholds}))
            found += [prop("color", {"mode": "thresholds"}), prop("custom.cellOptions", _COLORED)]
        if self.gauge:
            # With neither, what is longest is the greatest number of all columns.
            longest = prop("max", 1) if self.unit == "percentunit" else prop("fieldMinMax", True)
            found += [prop("min", 0), longest, prop("custom.cellOptions", _BAR)]
            found.append(prop("color", {"mode": "fixed", "fixedColor": colors.CALM}))
        return found


def moment(header: str, expr: str, width: int = 130) -> Column:
    """A column of times, of which it is said how long ago they are.

    Args:
        header: what is said above.
        expr: seconds since the epoch.
        width: in pixels.
    """
    return Column(header, f"1000 * ({expr})", "dateTimeFromNow", width)


def table(
    number: int,
    title: str,
    description: str,
    keys: Mapping[str, str],
    *columns: Column,
    sort: str,
    ascending: bool = False,
    then: str | None = None,
    shown: str | None = None,
    most: int = 25,
    empty: str,
    links: Mapping[str, str] | None = None,
    states: Mapping[str, Mapping[str, str]] | None = None,
    widths: Mapping[str, int] | None = None,
    least: Mapping[str, int] | None = None,
    width: int = WHOLE,
    height: int = 8,
) -> build_table.Panel:
    """A table.

    Args:
        number: the panel's id.
        title: its question.
        description: what it shows.
        keys: labels that name a row -> their headers.
        columns: after the keys.
        sort: the header of the column by which rows are sorted.
        ascending: whether the smallest comes first.
        then: the header of the column by which rows are sorted that are equal so far.
        shown: what there are too many rows for all of: those with the highest of this are shown.
        most: so many of them.
        empty: what is said when there are no rows.
        links: header -> where a click on its cells leads.
        states: header of a key -> the colours of its values.
        widths: header of a key -> its width in pixels; the others share what is left.
        least: header of a key that shares what is left -> the pixels that it has at least.
        width: of 24.
        height: in rows of the grid.
    """
    panel = (
        build_table.Panel()
        .id(number)
        .title(title)
        .description(description)
        .no_value(empty)
        .datasource(DATASOURCE)
        .unit("short")
        .cell_height(common.TableCellHeight.SM)
        .sort_by(
            [
                build.TableSortByFieldState().display_name(one).desc(not ascending)
                for one in (sort, then)
                if one
            ]
        )
        .span(width)
        .height(height)
        .min_width(_LEAST_WIDTH)
    )
    for letter, column in zip(ascii_uppercase, columns, strict=False):
        expr = f"({column.expr}) and on ({', '.join(keys)}) topk({most}, {shown})" if shown else column.expr
        panel.with_target(target(letter, Query(expr), instant=True, table=True))
    panel.transformations([_transformation("merge", {}), _organize(keys, columns)])
    for column in columns:
        panel.override_by_name(column.header, [*column.properties(), *_links(links, column.header)])
    for header in keys.values():
        properties = [prop("noValue", _NOTHING), *_links(links, header)]
        if widths and header in widths:
            properties.append(prop("custom.width", widths[header]))
        if least and header in least:
            properties.append(prop("custom.minWidth", least[header]))
        if states and header in states:
            properties += [prop("mappings", words(states[header])), prop("custom.cellOptions", _COLORED)]
        panel.override_by_name(header, properties)
    return panel


def _organize(keys: Mapping[str, str], columns: Sequence[Column]) -> dashboard.DataTransformerConfig:
    leading = {column.header for column in columns if column.first}
    values = {
        "Value" if len(columns) == 1 else f"Value #{letter}": column.header
        for letter, column in zip(ascii_uppercase, columns, strict=False)
    }
    first = {name: values.pop(name) for name in list(values) if values[name] in leading}
    shown = {**first, **keys, **values}
    return _transformation(
        "organize",
        {
            "excludeByName": {"Time": True},
            "includeByName": {},
            "indexByName": {name: index for index, name in enumerate(shown)},
            "renameByName": shown,
        },
    )


def _transformation(name: str, options: object) -> dashboard.DataTransformerConfig:
    return dashboard.DataTransformerConfig(id_val=name, options=options)


def _links(links: Mapping[str, str] | None, header: str) -> list[dashboard.DynamicConfigValue]:
    url = (links or {}).get(header)
    return [prop("links", [{"title": "Look closer", "url": url}])] if url else []


SEVERE = ((None, colors.GOOD), (1, colors.BAD))
"""Colours of what should be 0."""
