"""Which alerts the shipped rules would have raised over a history of samples, told by a real Prometheus.

A range query for each rule takes seconds for a month, where promtool, which evaluates rule after rule moment
after moment, takes minutes. What a query does not do is done here: recorded series are put into the history
before what reads them is asked for, and an alert fires once its expression has held for as long as it must.
"""

import json
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import yaml

from alignwatch.assets import asset
from support.rule_tests import seconds
from support.servers import prometheus, write_history

Rule = dict[str, Any]


@dataclass(frozen=True)
class Firing:
    """One time that one alert fired."""

    alert: str
    severity: str
    labels: dict[str, str]
    begin: int
    """Seconds since the epoch."""
    end: int


@dataclass
class Evaluation:
    """The shipped rules over the moments of a history, which Prometheus holds in a folder."""

    folder: Path
    moments: range
    written: int = 0

    def firings(self) -> list[Firing]:
        """Every time that an alert fired."""
        rules = _rules()
        for level in _levels([rule for rule in rules if "record" in rule]):
            with prometheus(self.folder) as server:
                lines = list(chain.from_iterable(self._recorded(server.url, rule) for rule in level))
            self._write("\n".join([*lines, "# EOF\n"]))
        with prometheus(self.folder) as server:
            alerts = [rule for rule in rules if "alert" in rule]
            return [one for rule in alerts for one in self._fired(server.url, rule)]

    def _write(self, openmetrics: str) -> None:
        self.written += 1
        write_history(self.folder / "data", openmetrics)

    def _recorded(self, url: str, rule: Rule) -> Iterator[str]:
        for series in self._answer(url, rule["expr"]):
            labels = {**series["metric"], **rule.get("labels", {})}
            written = ",".join(f'{name}="{value}"' for name, value in labels.items() if name != "__name__")
            for moment, value in series["values"]:
                yield f"{rule['record']}{{{written}}} {value} {moment}"

    def _fired(self, url: str, rule: Rule) -> Iterator[Firing]:
        wait = seconds(rule.get("for", "0s"))
        for series in self._answer(url, rule["expr"]):
            labels = {name: value for name, value in series["metric"].items() if name != "__name__"}
            for begin, end in self._spells([int(moment) for moment, _ in series["values"]]):
                if end - begin >= wait:
                    yield Firing(rule["alert"], rule["labels"]["severity"], labels, begin + wait, end)

    def _spells(self, moments: list[int]) -> Iterator[tuple[int, int]]:
        """First and last of the moments that follow each other without a gap."""
        begin = moments[0]
        for one, following in pairwise(moments):
            if following - one > self.moments.step:
                yield begin, one
                begin = following
        yield begin, moments[-1]

    def _answer(self, url: str, query: str) -> list[dict[str, Any]]:
        asked = {
            "query": query,
            "start": self.moments.start,
            "end": self.moments[-1],
            "step": self.moments.step,
        }
        body = urllib.parse.urlencode(asked).encode()
        with urllib.request.urlopen(f"{url}/api/v1/query_range", body, timeout=60) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return found


def _rules() -> list[Rule]:
    return [
        rule
        for file in sorted(asset("rules").glob("*.yml"))
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]


def _levels(recorded: list[Rule]) -> Iterator[list[Rule]]:
    """Each level reads only what the levels before it record."""
    while recorded:
        names = {rule["record"] for rule in recorded}
        ready = [rule for rule in recorded if not names & set(re.findall(r"[\w:]+", rule["expr"]))]
        yield ready
        recorded = [rule for rule in recorded if rule not in ready]
