"""What every dashboard has: variables, annotations, links to the others, and rows of panels."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus as build_prometheus
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from dashboards import colors
from dashboards.panels import DATASOURCE
from dashboards.queries import ALERT, INSTANCE, REPOSITORY, TARGET, highest

TAG = "alignwatch"


class Uid(StrEnum):
    """The dashboards: part of their addresses, so they never change."""

    OVERVIEW = "alignwatch-overview"
    BRANCHES = "alignwatch-branches"
    OPERATIONS = "alignwatch-operations"


SCHEMA_VERSION = 39
"""Grafana 10.4 and newer read it as it stands."""


@dataclass(frozen=True)
class Variable:
    """Something to choose on top of a dashboard."""

    name: str
    label: str
    query: str
    regex: str = ""
    """What of an answer of ``query_result`` is a value; the values then stay in its order."""
    many: bool = True
    """Whether several can be chosen, and all are at first."""


_BEHIND = highest("branch", "alignment_branch_revisions_delta", f'{TARGET},direction="behind"')
_ONCE_BEHIND = (
    "max by (branch)"
    f' (max_over_time(alignment_branch_revisions_delta{{{TARGET},direction="behind"}}[$__range]))'
)
_FURTHEST_FIRST = f"sort_desc({_BEHIND} or {_ONCE_BEHIND} - 1e9)"
"""Branches with a history in the time shown; those that have gone since come last."""
VARIABLES = {
    one.name: one
    for one in (
        Variable("instance", "Exporter", "label_values(alignment_build_info, instance)"),
        Variable(
            "repository", "Repository", f"label_values(alignment_repository_health{{{INSTANCE}}}, repository)"
        ),
        Variable("target", "Target", f"label_values(alignment_branches{{{REPOSITORY}}}, target)"),
        Variable("family", "Family", f"label_values(alignment_branches{{{TARGET}}}, family)"),
        Variable(
            "operation",
            "Operation",
            f"label_values(alignment_operation_duration_seconds_count{{{REPOSITORY}}}, operation)",
        ),
        Variable(
            "branch",
            "Branch",
            f"query_result({_FURTHEST_FIRST})",
            # To the last quote: a branch's name may hold quotes.
            regex='/branch="(.+)"} /',
            many=False,
        ),
    )
}


@dataclass(frozen=True)
class Row:
    """Panels under a heading that can be folded."""

    title: str
    panels: tuple[Any, ...]
    """Builders of panels; the first row's ids begin at 1, the second one's at 101 ..."""
    folded: bool = False


@dataclass(frozen=True)
class Dashboard:
    """One file."""

    uid: Uid
    title: str
    description: str
    variables: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def file(self) -> str:
        """Its name."""
        return f"{self.uid.removeprefix(f'{TAG}-')}.json"

    def text(self) -> str:
        """What Grafana imports; always the same."""
        return json.dumps(self._built(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"

    def _built(self) -> dashboard.Dashboard:
        made = (
            build.Dashboard(self.title)
            .uid(self.uid)
            .description(self.description)
            .tags([TAG])
            .readonly()
            .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
            .time("now-24h", "now")
            .timezone("browser")
            .refresh("1m")
            .link(_links_to_others())
            .variables([_datasource(), *(_variable(VARIABLES[name]) for name in self.variables)])
            .annotations(list(_annotations()))
        )
        for number, row in enumerate(self.rows):
            heading = build.Row(row.title).id(1000 + number).collapsed(row.folded)
            if row.folded:
                for panel in row.panels:
                    heading.with_panel(panel)
            made.with_row(heading)
            for panel in () if row.folded else row.panels:
                made.with_panel(panel)
        built = made.build()
        built.schema_version = SCHEMA_VERSION
        for one in (*(built.links or ()), *(built.annotations.list_val or ())):
            # Left alone, the SDK has Grafana put them into a menu.
            one.placement = None
        return built


def to(uid: Uid, variables: Iterable[str] = (), **chosen: str) -> str:
    """The address of another dashboard, with time and variables kept.

    Args:
        uid: the dashboard's.
        variables: those to keep.
        chosen: variable -> the label of the row whose value it gets.
    """
    kept = "".join(f"&${{{name}:queryparam}}" for name in ("datasource", *variables) if name not in chosen)
    given = "".join(f"&var-{name}=${{__data.fields.{field}:percentencode}}" for name, field in chosen.items())
    return f"/d/{uid}?${{__url_time_range}}{kept}{given}"


def _links_to_others() -> build.DashboardLink:
    return (
        build.DashboardLink("Alignwatch")
        .type(dashboard.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .icon("external link")
        .tooltip("")
        .as_dropdown(False)
        .include_vars(True)
        .keep_time(True)
        .target_blank(False)
    )


def _datasource() -> build.DatasourceVariable:
    return (
        build.DatasourceVariable("datasource")
        .label("Data source")
        .type("prometheus")
        .current(_option("", ""))
    )


_QUERY_TYPES = {"label_values": 1, "query_result": 3}
"""As Grafana's data source of Prometheus numbers them."""


def _variable(one: Variable) -> build.QueryVariable:
    order = dashboard.VariableSort.DISABLED if one.regex else dashboard.VariableSort.NATURAL_ASC
    kind = _QUERY_TYPES[one.query.partition("(")[0]]
    made = (
        build.QueryVariable(one.name)
        .label(one.label)
        .datasource(DATASOURCE)
        .definition(one.query)
        .query({"query": one.query, "refId": "variable", "qryType": kind})
        .regex(one.regex)
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(order)
        .multi(one.many)
        .include_all(one.many)
    )
    # Not all values in a row: what lacks the label should be found, too.
    return made.all_value(".*").current(_option("All", "$__all")) if one.many else made


def _option(text: str, value: str) -> dashboard.VariableOption:
    return dashboard.VariableOption(selected=True, text=text, value=value)


def _annotations() -> Iterator[build.AnnotationQuery]:
    firing = (
        f'max by (alertname, severity, instance, repository) (ALERTS{{{ALERT},alertstate="firing",'
        'severity=~"critical|warning"}'
    )
    yield _annotation(
        "Alerts",
        # When they began only: Grafana shades the whole time, and a few would hide the charts.
        f"{firing}) unless {firing} offset $__interval)",
        colors.MARK,
        title="{{alertname}}",
        text="{{repository}} {{instance}}",
        tags="severity",
    )
    yield _annotation(
        "Maintenance windows",
        # One shade, however many windows are open.
        f"max(alignment_maintenance_active{{{INSTANCE}}}) == 1"
        f" or max(alignment_maintenance_repository_active{{{REPOSITORY}}}) == 1",
        colors.CALM,
        title="Maintenance window",
    )
    yield _annotation(
        "Primaries moved",
        f"1000 * max by (repository, branch) (alignment_branch_tip_timestamp_seconds{{{REPOSITORY}}}"
        " and on (instance, repository, branch)"
        f' label_replace(alignment_branches{{{REPOSITORY}}}, "branch", "$1", "target", "(.+)"))'
        # Of many repositories they would hide the charts.
        f" and on () count(count by (repository) (alignment_repository_health{{{REPOSITORY}}})) <= 3",
        colors.DULL,
        title="{{branch}} of {{repository}} moved",
        at_value=True,
    )
    yield _annotation(
        "Events on primaries",
        "1000 * max by (repository, target, event)"
        f" (alignment_primary_last_event_timestamp_seconds{{{REPOSITORY}}})",
        "purple",
        title="{{event}}: {{target}} of {{repository}}",
        at_value=True,
    )


def _annotation(
    name: str,
    expr: str,
    color: str,
    *,
    title: str,
    text: str = "",
    tags: str = "",
    at_value: bool = False,
) -> build.AnnotationQuery:
    made = (
        build.AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .enable(True)
        .icon_color(color)
        .expr(expr)
        .title_format(title)
        .text_format(text)
        .tag_keys(tags)
        .use_value_for_time(at_value)
    )
    return made.target(build_prometheus.Dataquery().ref_id("Anno").expr(expr).datasource(DATASOURCE).range())
