"""Every query of every dashboard, with its variables set in every way, asked a Prometheus with a fleet."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from alignwatch.branches import Row
from alignwatch.ranking import rank
from alignwatch.snapshot import BranchState
from alignwatch.text import timestamp
from support.dashboards import (
    ALL,
    SPAN,
    Asked,
    Document,
    Offer,
    annotation_queries,
    documents,
    panel_queries,
    panels,
    query_variables,
)
from support.fleet_history import Fleet
from support.reported import HOSTILE
from support.servers import prometheus

MIDNIGHT = 1_795_392_000
END = MIDNIGHT + 45_000
"""In the maintenance window at noon (UTC)."""
STEP = 1800
DOCUMENTS = documents()
MOST_LINES, MOST_ROWS = 40, 60
"""What a person can still tell apart."""


@dataclass
class Source:
    """A Prometheus, asked as Grafana does; what was asked before is not asked again."""

    url: str
    end: int = END
    _known: dict[tuple[str, bool], list[dict[str, Any]]] = field(default_factory=dict)

    def ask(self, asked: Asked, values: Mapping[str, str]) -> list[dict[str, Any]]:
        """The series that a query gives."""
        expr = asked.filled(values)
        if (key := (expr, asked.instant)) not in self._known:
            path = "query" if asked.instant else "query_range"
            span = (
                {"time": self.end}
                if asked.instant
                else {"start": self.end - SPAN, "end": self.end, "step": STEP}
            )
            self._known[key] = self._get(path, {"query": expr, **span})["result"]
        return self._known[key]

    def offered(self, offer: Offer, values: Mapping[str, str]) -> list[str]:
        """What there is to choose from, in the order of the list."""
        if offer.asked.instant:
            return [one["metric"][offer.label] for one in self.ask(offer.asked, values)]
        span = {"match[]": offer.asked.filled(values), "start": self.end - SPAN, "end": self.end}
        found: list[str] = self._get(f"label/{offer.label}/values", span)
        return found

    def _get(self, path: str, parameters: Mapping[str, object]) -> Any:
        try:
            address = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
            with urllib.request.urlopen(address, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    folder = tmp_path_factory.mktemp("fleet")
    Fleet(3, 0.5, folder, END).write()
    with prometheus(folder) as server:
        yield Source(server.url)


@pytest.fixture(params=DOCUMENTS.values(), ids=list(DOCUMENTS))
def document(request: pytest.FixtureRequest) -> Document:
    found: Document = request.param
    return found


def all_queries(document: Document) -> Iterator[Asked]:
    for panel in panels(document):
        yield from panel_queries(panel)
    yield from annotation_queries(document)


def chosen(source: Source, document: Document) -> dict[str, list[str]]:
    """Variable -> all its values, while the others are at All."""
    values = dict.fromkeys(query_variables(document), ALL)
    return {name: source.offered(offer, values) for name, offer in query_variables(document).items()}


def at_first(document: Document, values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What is chosen when a dashboard is opened: everything, where that can be."""
    one_only = {one["name"] for one in document["templating"]["list"] if not one.get("multi")}
    return {name: values[name][0] if name in one_only else ALL for name in values}


def test_every_variable_has_values(fleet: Source, document: Document) -> None:
    assert all(chosen(fleet, document).values())


def test_no_panel_and_no_annotation_is_empty(fleet: Source, document: Document) -> None:
    values = at_first(document, chosen(fleet, document))
    asked = [list(panel_queries(panel)) for panel in panels(document)]
    asked += [[one] for one in annotation_queries(document)]
    assert [one[0].where for one in asked if not any(fleet.ask(query, values) for query in one)] == []


def test_only_branches_with_a_history_are_offered_those_that_are_there_first(fleet: Source) -> None:
    document = DOCUMENTS["branches.json"]
    values = chosen(fleet, document)
    (panel,) = (one for one in panels(document) if one["id"] == 601)
    (drift,) = panel_queries(panel)
    ends = []
    for branch in values["branch"]:
        history = fleet.ask(drift, at_first(document, values) | {"branch": branch})
        ends.append(max(seen for one in history for seen, _ in one["values"]))
    assert len(set(ends)) > 1
    assert ends == sorted(ends, key=lambda end: end < END)
    table = next(panel_queries(next(one for one in panels(document) if one["id"] == 101)))
    assert values["branch"][0] in {
        one["metric"]["branch"] for one in fleet.ask(table, at_first(document, values))
    }


def test_a_branch_with_quotes_in_its_name_is_offered_whole() -> None:
    (branch,) = (one for one in DOCUMENTS["branches.json"]["templating"]["list"] if one["name"] == "branch")
    # What Grafana makes of an answer, whose quotes it leaves as they are.
    told = f'{{branch="{HOSTILE}"}} 291 1795437000000'
    match = re.search(branch["regex"].removeprefix("/").removesuffix("/"), told)
    assert match
    assert match[1] == HOSTILE


def test_the_worst_alerts_are_listed_first(fleet: Source) -> None:
    document = DOCUMENTS["overview.json"]
    (panel,) = (one for one in panels(document) if one["id"] == 7)
    severity, since = panel_queries(panel)
    values = at_first(document, chosen(fleet, document))
    told = {
        name: {one["metric"]["alertname"] for one in fleet.ask(_firing(name), values)}
        for name in ("info", "warning", "critical")
    }
    ranks = {one["metric"]["alertname"]: int(one["value"][1]) for one in fleet.ask(severity, values)}
    for number, alerts in enumerate(told.values()):
        assert alerts == {name for name, rank in ranks.items() if rank == number}
    assert len(fleet.ask(severity, values)) == len(fleet.ask(since, values)) > 1
    assert panel["options"]["sortBy"][0] == {"displayName": "severity", "desc": True}


def _firing(severity: str) -> Asked:
    return Asked(severity, f'ALERTS{{alertstate="firing",severity="{severity}"}}', instant=True)


def test_every_query_works_with_each_value_and_with_several(fleet: Source, document: Document) -> None:
    values = chosen(fleet, document)
    first = at_first(document, values)
    for name, each in values.items():
        # What Grafana makes of several.
        for value in (*each[:8], f"({'|'.join(each[:2])})"):
            for one in all_queries(document):
                if name in one.variables:
                    fleet.ask(one, first | {name: value})


def test_every_series_has_a_name_of_its_own(fleet: Source, document: Document) -> None:
    values = at_first(document, chosen(fleet, document))
    for panel in panels(document):
        if panel["type"] in ("timeseries", "state-timeline"):
            legends = [
                named(target["legendFormat"], series["metric"])
                for target, asked in zip(panel["targets"], panel_queries(panel), strict=True)
                for series in fleet.ask(asked, values)
            ]
            assert len(legends) == len(set(legends)), (panel["title"], legends)


def named(legend: str, labels: Mapping[str, str]) -> str:
    """The legend of one series."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), legend)


def test_what_to_align_next_is_ranked_as_the_command_ranks(fleet: Source) -> None:
    """But for what has no series: unsaved commits and growth, of which nothing is known here."""
    document = DOCUMENTS["branches.json"]
    (panel,) = (one for one in panels(document) if one["id"] == 101)
    values = at_first(document, chosen(fleet, document))
    points, *others = (
        {
            tuple(one["metric"][name] for name in ("repository", "branch", "target")): float(one["value"][1])
            for one in fleet.ask(query, values)
        }
        for query in panel_queries(panel)
    )
    rows = [_row(key, *(column.get(key) for column in others)) for key in points]
    ranked = rank(rows, {}, END).next
    assert len(ranked) == len(points) == 25
    for one in ranked:
        row = one.row
        assert points[row.repository, row.branch, row.target] == pytest.approx(one.points, abs=0.51)


def _row(key: tuple[str, ...], *columns: float | None) -> Row:
    ahead, behind, files, collisions, tip = (None if one is None else int(one) for one in columns)
    assert tip is not None
    state = BranchState.CONFLICTING if files else BranchState.BEHIND if files is None else BranchState.CLEAN
    return Row(
        repository=key[0],
        branch=key[1],
        target=key[2],
        family="",
        state=state,
        ahead=ahead,
        behind=behind,
        tip="",
        tip_time=timestamp(tip / 1000),
        merge_base_time=None,
        conflict_files=files,
        collisions=collisions,
    )


def test_from_an_empty_prometheus_nothing_is_shown(tmp_path: Path) -> None:
    with prometheus(tmp_path) as server:
        source = Source(server.url)
        for document in DOCUMENTS.values():
            values = dict.fromkeys(query_variables(document), ALL)
            assert [one.where for one in all_queries(document) if source.ask(one, values)] == []


def test_of_fifty_repositories_only_so_many_are_drawn(tmp_path: Path) -> None:
    end = MIDNIGHT + 900
    Fleet(50, 0, tmp_path, end).write()
    with prometheus(tmp_path) as server:
        source = Source(server.url, end)
        for document in DOCUMENTS.values():
            values = at_first(document, chosen(source, document))
            for panel in panels(document):
                found = [len(source.ask(one, values)) for one in panel_queries(panel)]
                assert panel["type"] == "table" or sum(found) <= MOST_LINES, (panel["title"], found)
                assert panel["type"] != "table" or max(found) <= MOST_ROWS, (panel["title"], found)
