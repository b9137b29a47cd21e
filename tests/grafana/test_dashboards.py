"""The dashboards as documents: Grafana's schema, the linter's rules, links, and what they name."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import promql_parser
import pytest
import yaml
from jsonschema import Draft7Validator

from alignwatch.assets import asset
from alignwatch.metrics.catalogue import CATALOGUE
from alignwatch.metrics.settings_families import settings_families
from alignwatch.settings import Repository, Settings
from dashboards.alerts import PANELS
from support.dashboards import (
    ALL,
    Asked,
    Document,
    annotation_queries,
    documents,
    panel_queries,
    panels,
    query_variables,
)

SCHEMAS = Path(__file__).parent / "schema"
DOCUMENTS = documents()
EVERY_PANEL = [
    pytest.param(panel, id=f"{name.removesuffix('.json')}-{panel['id']}")
    for name, document in DOCUMENTS.items()
    for panel in panels(document)
]
RULES = [
    rule
    for file in asset("rules").glob("*.yml")
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
]
OTHERS = {"up", "ALERTS", "ALERTS_FOR_STATE", "process_start_time_seconds"}
"""Metrics that Prometheus, its client library and its rules make."""
MOST_OF_A_TITLE = 40
"""Characters that a phone shows; it cuts off the rest."""
NARROWED_BY_TIME = {"increase", "rate", "irate", "resets"}


@pytest.fixture(params=DOCUMENTS.values(), ids=list(DOCUMENTS))
def document(request: pytest.FixtureRequest) -> Document:
    found: Document = request.param
    return found


@pytest.fixture(params=EVERY_PANEL)
def panel(request: pytest.FixtureRequest) -> Document:
    found: Document = request.param
    return found


def schema(name: str, definition: str) -> Draft7Validator:
    """Where the schema says object and anything is meant, it is given what is meant."""
    read = json.loads((SCHEMAS / f"{name}.json").read_text())
    if name == "dashboard":
        definitions = read["definitions"]
        definitions["MatcherConfig"]["properties"]["options"] = {}
        definitions["DynamicConfigValue"]["properties"]["value"] = {}
        definitions["VariableModel"]["properties"]["query"] = {}
    return Draft7Validator({**read, "$ref": f"#/definitions/{definition}"})


DASHBOARD = schema("dashboard", "Dashboard")
QUERY = schema("prometheus", "Dataquery")


def parts(expr: Any) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Every part of a parsed query, with the names of the functions and aggregations around it."""
    yield from _parts(expr, ())


def _parts(one: Any, around: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
    yield one, around
    if isinstance(one, promql_parser.Call):
        for argument in one.args:
            yield from _parts(argument, (*around, one.func.name))
    elif isinstance(one, promql_parser.AggregateExpr):
        yield from _parts(one.expr, (*around, str(one.op)))
    elif isinstance(one, promql_parser.BinaryExpr):
        yield from _parts(one.lhs, around)
        yield from _parts(one.rhs, around)
    elif isinstance(one, promql_parser.MatrixSelector):
        yield from _parts(one.vector_selector, around)
    elif isinstance(one, promql_parser.ParenExpr | promql_parser.SubqueryExpr | promql_parser.UnaryExpr):
        yield from _parts(one.expr, around)


def parsed(asked: Asked) -> Any:
    return promql_parser.parse(asked.filled(dict.fromkeys(asked.variables, ALL)))


def selectors(asked: Asked) -> Iterator[tuple[Any, tuple[str, ...]]]:
    for one, around in parts(parsed(asked)):
        if isinstance(one, promql_parser.VectorSelector):
            yield one, around


def links(document: Document) -> Iterator[str]:
    """Addresses of everything that can be clicked."""
    for panel in panels(document):
        config = panel["fieldConfig"]
        yield from (link["url"] for link in config["defaults"].get("links") or ())
        for override in config.get("overrides") or ():
            for one in override["properties"]:
                if one["id"] == "links":
                    yield from (link["url"] for link in one["value"])


class TestFormat:
    def test_a_dashboard_is_one_by_grafanas_schema(self, document: Document) -> None:
        assert [error.message for error in DASHBOARD.iter_errors(document)] == []

    def test_a_panel_is_one_by_the_schema_of_its_kind(self, panel: Document) -> None:
        kind = panel["type"].replace("-", "")
        errors = [
            *schema(kind, "Options").iter_errors(panel["options"]),
            *(error for target in panel["targets"] for error in QUERY.iter_errors(target)),
        ]
        if custom := panel["fieldConfig"]["defaults"].get("custom"):
            errors += schema(kind, "FieldConfig").iter_errors(custom)
        assert [error.message for error in errors] == []

    def test_addresses_never_change(self) -> None:
        assert {name: document["uid"] for name, document in DOCUMENTS.items()} == {
            "overview.json": "alignwatch-overview",
            "branches.json": "alignwatch-branches",
            "operations.json": "alignwatch-operations",
        }

    def test_panels_have_ids_of_their_own(self, document: Document) -> None:
        rows = [panel for panel in document["panels"] if panel["type"] == "row"]
        counts = Counter(panel["id"] for panel in (*panels(document), *rows))
        assert set(counts.values()) == {1}

    def test_panels_fill_the_width_and_do_not_overlap(self, document: Document) -> None:
        taken: Counter[tuple[int, int]] = Counter()
        for panel in (*panels(document), *(one for one in document["panels"] if one["type"] == "row")):
            at = panel["gridPos"]
            for y in range(at["y"], at["y"] + at["h"]):
                taken.update((x, y) for x in range(at["x"], at["x"] + at["w"]))
        assert set(taken.values()) == {1}
        assert {x for x, _ in taken} == set(range(24))
        assert len(taken) == 24 * (max(y for _, y in taken) + 1)


class TestLinter:
    def test_a_dashboard_has_what_all_have(self, document: Document) -> None:
        assert document["editable"] is False
        assert document["tags"] == ["alignwatch"]
        assert document["graphTooltip"] == 1
        first, *others = document["templating"]["list"]
        assert (first["type"], first["name"], first["label"]) == ("datasource", "datasource", "Data source")
        assert all(one["refresh"] == 2 for one in others)
        assert not any("placement" in one for one in document["annotations"]["list"])
        (to_others,) = document["links"]
        assert to_others["includeVars"]
        assert to_others["keepTime"]
        assert to_others["tags"] == document["tags"]
        assert [one["name"] for one in document["annotations"]["list"]] == [
            "Alerts",
            "Maintenance windows",
            "Primaries moved",
            "Events on primaries",
        ]

    def test_the_first_row_is_open(self, document: Document) -> None:
        assert document["panels"][0]["type"] == "row"
        assert document["panels"][0]["collapsed"] is False

    def test_a_phone_shows_the_whole_heading_of_a_row(self, document: Document) -> None:
        headings = [panel["title"] for panel in document["panels"] if panel["type"] == "row"]
        assert [one for one in headings if len(one) > MOST_OF_A_TITLE] == []

    def test_everything_asks_the_chosen_source(self, document: Document) -> None:
        asking = [*panels(document), *document["annotations"]["list"], *document["templating"]["list"][1:]]
        asking += [target for panel in panels(document) for target in panel["targets"]]
        assert all(one["datasource"]["uid"] == "${datasource}" for one in asking)

    def test_a_panel_asks_a_question_and_explains_its_answer(self, panel: Document) -> None:
        assert re.fullmatch(r"[A-Z].+\?", panel["title"])
        assert len(panel["title"]) <= MOST_OF_A_TITLE
        assert re.fullmatch(r"[A-Z0-9].+[.]", panel["description"])
        assert panel["fieldConfig"]["defaults"]["noValue"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["targets"]

    def test_a_rate_is_over_a_span_that_fits_what_is_shown(self, panel: Document) -> None:
        for asked in panel_queries(panel):
            assert not re.search(r"\bi?rate\([^\[]+\[(?!\$__rate_interval)", asked.expr)
            assert "$__interval]" not in asked.expr.replace(":$__interval]", "")

    def test_a_counter_is_aggregated_and_asked_how_it_grew(self, panel: Document) -> None:
        counters = {one.name for one in CATALOGUE if one.type == "counter"}
        counters |= {f"{one.name}_{part}" for one in CATALOGUE for part in ("bucket", "count", "sum")}
        for asked in panel_queries(panel):
            for selector, around in selectors(asked):
                if selector.name in counters:
                    assert NARROWED_BY_TIME & set(around), asked
                    assert {"sum", "max"} & set(around), asked

    def test_thresholds_come_from_the_configuration(self) -> None:
        settings = Settings(repositories=(Repository(path="/srv/app"),))
        published = {
            sample.labels["threshold"] for family in settings_families(settings) for sample in family.samples
        }
        text = json.dumps(list(DOCUMENTS.values()))
        assert set(re.findall(r'alignment_threshold\{threshold=\\+"(\w+)', text)) <= published


class TestNames:
    def test_every_metric_is_in_the_catalogue_or_a_rule_of_ours(self, document: Document) -> None:
        known = OTHERS | {rule["record"] for rule in RULES if "record" in rule}
        for metric in CATALOGUE:
            endings = ("_bucket", "_count", "_sum") if metric.type == "histogram" else ("",)
            known |= {metric.name + ending for ending in endings}
        every = [asked for panel in panels(document) for asked in panel_queries(panel)]
        every += annotation_queries(document)
        every += [offer.asked for offer in query_variables(document).values()]
        assert {selector.name for asked in every for selector, _ in selectors(asked)} <= known

    def test_variables_are_there_and_used(self, document: Document) -> None:
        there = set(query_variables(document))
        read = {
            name for panel in panels(document) for asked in panel_queries(panel) for name in asked.variables
        }
        assert read == there

    def test_links_lead_to_dashboards_panels_and_variables_that_exist(self, document: Document) -> None:
        by_uid = {one["uid"]: one for one in DOCUMENTS.values()}
        found = list(links(document))
        assert found
        for link in found:
            address = urlsplit(link)
            if address.scheme:
                assert address.geturl().startswith("https://github.com/alignwatch/alignwatch/blob/main/")
                continue
            there = by_uid[address.path.removeprefix("/d/")]
            known = {one["name"] for one in there["templating"]["list"]}
            asked = parse_qs(address.query)
            assert "${__url_time_range}" in address.query
            assert {name.removeprefix("var-") for name in asked if name.startswith("var-")} <= known
            assert set(re.findall(r"\$\{(\w+):queryparam\}", address.query)) <= known
            shown = {int(number) for number in asked.get("viewPanel", ())}
            assert shown <= {panel["id"] for panel in panels(there)}

    def test_a_cell_that_leads_on_names_a_column_of_its_table(self, panel: Document) -> None:
        renamed = {
            header
            for one in panel.get("transformations") or ()
            for header in one["options"].get("renameByName", {}).values()
        }
        assert set(re.findall(r"__data\.fields\.(\w+)", json.dumps(panel))) <= renamed


class TestAlerts:
    def test_each_alert_has_a_panel_that_shows_what_it_is_about(self) -> None:
        named = Counter(name for names in PANELS.values() for name in names)
        assert set(named) == {rule["alert"] for rule in RULES if "alert" in rule}
        assert set(named.values()) == {1}
        there = {(one["uid"], panel["id"]) for one in DOCUMENTS.values() for panel in panels(one)}
        assert set(PANELS) <= there

    def test_the_panel_reads_what_the_alert_reads(self) -> None:
        read = {
            (one["uid"], panel["id"]): {
                selector.name for asked in panel_queries(panel) for selector, _ in selectors(asked)
            }
            for one in DOCUMENTS.values()
            for panel in panels(one)
        }
        of_alert = {name: place for place, names in PANELS.items() for name in names}
        for rule in RULES:
            if "alert" in rule and rule["alert"] not in SHOWN_OTHERWISE:
                wanted = {one.name for one, _ in selectors(Asked("rule", rule["expr"], False))}
                assert wanted & read[of_alert[rule["alert"]]] - {"alignment_threshold"}, rule["alert"]


SHOWN_OTHERWISE = {
    "AlignmentWatchdog",  # There is nothing to see.
    "AlignmentRepositoryDegraded",  # By what makes it so.
    "AlignmentNotificationsFailing",  # Alertmanager's metrics are shown by its own dashboards.
}
