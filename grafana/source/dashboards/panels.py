"""Panels in our style. Each asks or answers a question, and says what it shows when there is nothing."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from grafana_foundation_sdk.builders import common as build
from grafana_foundation_sdk.builders import dashboard as build_dashboard
from grafana_foundation_sdk.builders import heatmap as build_heatmap
from grafana_foundation_sdk.builders import prometheus as build_prometheus
from grafana_foundation_sdk.builders import stat as build_stat
from grafana_foundation_sdk.builders import statetimeline as build_timeline
from grafana_foundation_sdk.builders import timeseries as build_series
from grafana_foundation_sdk.models import common, dashboard, heatmap
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards import colors
from dashboards.queries import Query

DATASOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")
HALF, THIRD, QUARTER, WHOLE = 12, 8, 6, 24
"""Widths."""

_MOST_BARS = 120
"""More would be narrower than the time that each counts, and neighbours count the same again."""
_FIGURE_SIZE = 36
"""Left to Grafana, a figure without its course behind it is far larger than one with it."""
NEUTRAL = ((None, colors.CALM),)
"""Colours of a figure that is neither good nor bad."""

_THRESHOLD = "/threshold|objective/"
"""Legends of lines that are not to be crossed."""

AnyPanel = TypeVar(
    "AnyPanel", build_series.Panel, build_stat.Panel, build_timeline.Panel, build_heatmap.Panel
)


def steps(*colored: tuple[float | None, str]) -> build_dashboard.ThresholdsConfig:
    """Colours from so much on; the first is for all below."""
    return (
        build_dashboard.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([dashboard.Threshold(value, color) for value, color in colored])
    )


def palette(mode: dashboard.FieldColorModeId, fixed: str | None = None) -> build_dashboard.FieldColor:
    """How colours are chosen."""
    made = build_dashboard.FieldColor().mode(mode)
    return made.fixed_color(fixed) if fixed else made


def numbers(states: Mapping[str, str]) -> list[dashboard.ValueMapping]:
    """Names and colours the numbers of states, which are given in the order of these, with their colours."""
    return _mapped({str(number): state for number, state in enumerate(states.items())})


def words(colored: Mapping[str, str]) -> list[dashboard.ValueMapping]:
    """Colours words."""
    return _mapped({word: (word, color) for word, color in colored.items()})


def _mapped(results: Mapping[str, tuple[str, str]]) -> list[dashboard.ValueMapping]:
    options = {
        value: dashboard.ValueMappingResult(text=text, color=color, index=index)
        for index, (value, (text, color)) in enumerate(results.items())
    }
    return [dashboard.ValueMap(options=options)]


def prop(name: str, value: object) -> dashboard.DynamicConfigValue:
    """One setting of one field."""
    return dashboard.DynamicConfigValue(id_val=name, value=value)


def _unknown(text: str) -> dashboard.SpecialValueMap:
    """Says so, in a colour that is neither good nor bad."""
    return dashboard.SpecialValueMap(
        options=dashboard.DashboardSpecialValueMapOptions(
            match=dashboard.SpecialValueMatch.NULL_AND_NAN,
            result=dashboard.ValueMappingResult(text=text, color=colors.DULL),
        )
    )


def stat(
    number: int,
    title: str,
    description: str,
    expr: str,
    *,
    unit: str = "short",
    empty: str = "unknown",
    colored: Sequence[tuple[float | None, str]] = ((None, colors.GOOD), (1, colors.BAD)),
    width: int = 4,
    link: str | None = None,
    trend: bool = True,
) -> build_stat.Panel:
    """One large number, with its course behind it."""
    panel = (
        build_stat.Panel()
        .unit(unit)
        .graph_mode(common.BigValueGraphMode.AREA if trend else common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.VALUE)
        .text_mode(common.BigValueTextMode.VALUE)
        .reduce_options(build.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(steps(*colored))
        .mappings([_unknown(empty)])
        .color_scheme(palette(dashboard.FieldColorModeId.THRESHOLDS))
        .span(width)
        .height(4)
    )
    if not trend:
        panel.text(build.VizTextDisplayOptions().value_size(_FIGURE_SIZE))
    if link:
        panel.data_links([build_dashboard.DashboardLink(title).url(link)])
    return _common(panel, number, title, description, empty, [Query(expr)], instant=not trend)


def series(
    number: int,
    title: str,
    description: str,
    *queries: Query,
    unit: str = "short",
    empty: str = "no data",
    colored: Mapping[str, str] | None = None,
    stacked: bool = False,
    bars: bool = False,
    width: int = HALF,
    height: int = 8,
    maximum: float | None = None,
    logarithmic: bool = False,
    link: str | None = None,
) -> build_series.Panel:
    """Values over time.

    Args:
        number: the panel's id.
        title: its question.
        description: what it shows.
        queries: those whose legend says threshold or objective are drawn as dashed lines.
        unit: of all values.
        empty: what is said when there is nothing to show.
        colored: colours by legend, where these are states.
        stacked: whether the values add up.
        bars: for what is counted by interval.
        width: of 24.
        height: in rows of the grid.
        maximum: where the axis ends.
        logarithmic: the axis.
        link: where a click on a series leads.
    """
    panel = (
        build_series.Panel()
        .unit(unit)
        .axis_soft_min(0)
        .line_width(1)
        .fill_opacity(70 if bars else 30 if stacked else 0)
        .show_points(common.VisibilityMode.NEVER)
        .span_nulls(False)
        .draw_style(common.GraphDrawStyle.BARS if bars else common.GraphDrawStyle.LINE)
        .stacking(
            build.StackingConfig().mode(common.StackingMode.NORMAL if stacked else common.StackingMode.NONE)
        )
        .tooltip(
            build.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
        )
        .legend(
            build.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .color_scheme(palette(dashboard.FieldColorModeId.PALETTE_CLASSIC))
        .override_by_regexp(
            _THRESHOLD,
            [
                prop("color", {"mode": "fixed", "fixedColor": colors.BAD}),
                prop("custom.drawStyle", "line"),
                prop("custom.lineStyle", {"fill": "dash", "dash": [8, 6]}),
                prop("custom.fillOpacity", 0),
                prop("custom.stacking", {"mode": "none"}),
            ],
        )
        .span(width)
        .height(height)
    )
    if bars:
        panel.max_data_points(_MOST_BARS)
        if unit == "short":
            panel.decimals(0)
    if maximum is not None:
        panel.max(maximum).min(0)
    if logarithmic:
        panel.scale_distribution(
            build.ScaleDistributionConfig().type(common.ScaleDistribution.LOG).log(10)
        ).axis_soft_min(0.1)
    for legend, color in (colored or {}).items():
        panel.override_by_name(legend, [prop("color", {"mode": "fixed", "fixedColor": color})])
    if link:
        panel.data_links([build_dashboard.DashboardLink("Look closer").url(link)])
    return _common(panel, number, title, description, empty, queries)


def timeline(
    number: int,
    title: str,
    description: str,
    *queries: Query,
    states: Mapping[str, str],
    empty: str = "no data",
    width: int = HALF,
    height: int = 8,
) -> build_timeline.Panel:
    """States over time, a row for each series.

    Args:
        number: the panel's id.
        title: its question.
        description: what it shows.
        queries: they give the numbers of states.
        states: in the order of their numbers, and their colours.
        empty: what is said when there is nothing to show.
        width: of 24.
        height: in rows of the grid.
    """
    panel = (
        build_timeline.Panel()
        .unit("short")
        .mappings(numbers(states))
        .merge_values(True)
        .show_value(common.VisibilityMode.NEVER)
        .row_height(0.8)
        .fill_opacity(80)
        .line_width(0)
        .legend(
            build.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(build.VizTooltipOptions().mode(common.TooltipDisplayMode.SINGLE))
        .color_scheme(palette(dashboard.FieldColorModeId.THRESHOLDS))
        .span(width)
        .height(height)
    )
    return _common(panel, number, title, description, empty, queries)


def heat(
    number: int, title: str, description: str, query: Query, *, unit: str, empty: str, width: int = HALF
) -> build_heatmap.Panel:
    """How often which value, over time, from a histogram's buckets."""
    panel = (
        build_heatmap.Panel()
        .calculate(False)
        .color(
            build_heatmap.HeatmapColorOptions()
            .mode(heatmap.HeatmapColorMode.SCHEME)
            .scheme("Oranges")
            .steps(32)
            .reverse(False)
            .exponent(0.5)
        )
        .cell_gap(1)
        .filter_values(build_heatmap.FilterValueRange().le(1e-9))
        .y_axis(build_heatmap.YAxisConfig().unit(unit).axis_placement(common.AxisPlacement.LEFT))
        .cell_values(build_heatmap.CellValues().unit("short").decimals(1))
        .tooltip(build_heatmap.HeatmapTooltip().mode(common.TooltipDisplayMode.SINGLE).y_histogram(True))
        .show_legend()
        .max_data_points(_MOST_BARS)
        .unit(unit)
        .span(width)
        .height(9)
    )
    return _common(panel, number, title, description, empty, [query])


def _common(
    panel: AnyPanel,
    number: int,
    title: str,
    description: str,
    empty: str,
    queries: Sequence[Query],
    *,
    instant: bool = False,
) -> AnyPanel:
    panel.id(number).title(title).description(description).no_value(empty).datasource(DATASOURCE)
    for letter, query in zip("ABCDEFGHIJ", queries, strict=False):
        panel.with_target(target(letter, query, instant=instant))
    return panel


def target(letter: str, query: Query, *, instant: bool, table: bool = False) -> build_prometheus.Dataquery:
    """A query as Grafana has it."""
    made = build_prometheus.Dataquery().ref_id(letter).expr(query.expr).datasource(DATASOURCE)
    made.legend_format(query.legend or "__auto")
    made = made.instant() if instant else made.range()
    if table:
        made.format(PromQueryFormat.TABLE)
    elif query.heat:
        made.format(PromQueryFormat.HEATMAP)
    return made
