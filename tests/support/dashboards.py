"""The shipped Grafana dashboards as documents, and their queries as Grafana asks them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alignwatch.assets import asset

Document = dict[str, Any]

FILES = sorted(asset("grafana", "dashboards").glob("*.json"))
ALL = ".*"
"""What Grafana puts in for All, as the dashboards tell it to."""
SPAN = 24 * 3600
"""Seconds that are shown."""
BUILT_IN = {"__range": "24h", "__interval": "15m", "__rate_interval": "20m"}

_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)(?::(\w+))?\}")


@dataclass(frozen=True)
class Asked:
    """One query somewhere on a dashboard."""

    where: str
    expr: str
    instant: bool

    def filled(self, values: Mapping[str, str]) -> str:
        """The query with values for its variables."""

        def value(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            if name not in {**BUILT_IN, **values}:
                return match[0]
            found = {**BUILT_IN, **values}[name]
            return json.dumps(found) if match[3] == "doublequote" else found

        return _VARIABLE.sub(value, self.expr)

    @property
    def variables(self) -> set[str]:
        """Those of the dashboard that it reads."""
        return {match[1] or match[2] for match in _VARIABLE.finditer(self.expr)} - set(BUILT_IN)


def documents() -> dict[str, Document]:
    """File's name -> dashboard."""
    return {file.name: json.loads(file.read_text()) for file in FILES}


def panels(document: Document) -> Iterator[Document]:
    """All panels but the headings of rows, folded or not."""
    for panel in document["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels") or ()
        else:
            yield panel


def panel_queries(panel: Document) -> Iterator[Asked]:
    """A panel's."""
    for target in panel["targets"]:
        where = f"{panel['id']} {panel['title']} {target['refId']}"
        yield Asked(where, target["expr"], bool(target.get("instant")))


def annotation_queries(document: Document) -> Iterator[Asked]:
    """A dashboard's."""
    for one in document["annotations"]["list"]:
        yield Asked(f"annotation {one['name']}", one["expr"], instant=False)


@dataclass(frozen=True)
class Offer:
    """What there is to choose from for one variable."""

    asked: Asked
    """A query at one moment, or the selector of series at any."""
    label: str
    """Whose values they are: of a query's answer in its order, of series sorted."""


def query_variables(document: Document) -> dict[str, Offer]:
    """Variable -> where its values come from."""
    variables = (one for one in document["templating"]["list"] if one["type"] == "query")
    return {one["name"]: _offer(one) for one in variables}


def _offer(variable: Document) -> Offer:
    kind, _, rest = variable["query"]["query"].removesuffix(")").partition("(")
    assert variable["query"]["qryType"] == {"label_values": 1, "query_result": 3}[kind]
    if kind == "query_result":
        (label,) = re.findall(r"^/(\w+)=", variable["regex"])
        return Offer(Asked(variable["name"], rest, instant=True), label)
    series, _, label = rest.rpartition(", ")
    return Offer(Asked(variable["name"], series, instant=False), label)
