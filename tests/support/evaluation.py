"""Which alerts the shipped rules would have raised over a history of samples, told by a real Prometheus.

A range query for each rule takes seconds for a month, where promtool, which evaluates rule after rule moment
after moment, takes minutes. What a query does not do is done here: recorded series are put into the history
before what reads them is asked for, and an alert fires once its expression has held for as long as it must.
"""

import json
import re
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import yaml

from alignwatch.assets import asset
from support.rule_tests import seconds
from support.servers import prometheus, write_history

Rule = dict[str, Any]

_MOMENTS_AT_ONCE = 2000


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

    def firings(self) -> list[Firing]:
        """Every time that an alert fired."""
        self._record()
        with prometheus(self.folder) as server:
            return [one for rule in _alerts() for one in self._fired(server.url, rule)]

    def complete(self) -> None:
        """Puts into the history what a Prometheus would have that had evaluated the rules: alerts, too."""
        self._record()
        with prometheus(self.folder) as server:
            self._write(chain.from_iterable(self._states(server.url, rule) for rule in _alerts()))

    def _record(self) -> None:
        for level in _levels([rule for rule in _rules() if "record" in rule]):
            with prometheus(self.folder) as server:
                lines = list(chain.from_iterable(self._recorded(server.url, rule) for rule in level))
            self._write(lines)

    def _write(self, lines: Iterable[str]) -> None:
        write_history(self.folder / "data", "\n".join([*lines, "# EOF\n"]))

    def _recorded(self, url: str, rule: Rule) -> Iterator[str]:
        for series in self._answer(url, rule["expr"]):
            labels = {**series["metric"], **rule.get("labels", {})}
            for moment, value in series["values"]:
                yield f"{rule['record']}{_written(labels)} {value} {moment}"

    def _fired(self, url: str, rule: Rule) -> Iterator[Firing]:
        for series in self._answer(url, rule["expr"]):
            labels = {name: value for name, value in series["metric"].items() if name != "__name__"}
            for _, fires, end in self._lives(rule, [int(moment) for moment, _ in series["values"]]):
                if fires <= end:
                    yield Firing(rule["alert"], rule["labels"]["severity"], labels, fires, end)

    def _states(self, url: str, rule: Rule) -> Iterator[str]:
        for series in self._answer(url, rule["expr"]):
            labels = {**series["metric"], **rule["labels"], "alertname": rule["alert"]}
            for begin, fires, end in self._lives(rule, [int(moment) for moment, _ in series["values"]]):
                for moment in range(begin, end + 1, self.moments.step):
                    state = "firing" if moment >= fires else "pending"
                    yield f"ALERTS{_written({**labels, 'alertstate': state})} 1 {moment}"
                    yield f"ALERTS_FOR_STATE{_written(labels)} {begin} {moment}"

    def _lives(self, rule: Rule, moments: list[int]) -> list[tuple[int, int, int]]:
        """Each time that an alert is active: from when, when it fires if it lasts until then, until when."""
        wait, keep = (seconds(rule.get(key, "0s")) for key in ("for", "keep_firing_for"))
        lives: list[tuple[int, int, int]] = []
        for begin, end in self._spells(moments):
            kept = min(end + keep, self.moments[-1])
            if lives and lives[-1][1] <= lives[-1][2] and begin <= lives[-1][2]:
                lives[-1] = (*lives[-1][:2], kept)
            else:
                lives.append((begin, begin + wait, kept if end - begin >= wait else end))
        return lives

    def _spells(self, moments: list[int]) -> Iterator[tuple[int, int]]:
        """First and last of the moments that follow each other without a gap."""
        begin = moments[0]
        for one, following in pairwise(moments):
            if following - one > self.moments.step:
                yield begin, one
                begin = following
        yield begin, moments[-1]

    def _answer(self, url: str, query: str) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for begin in range(0, len(self.moments), _MOMENTS_AT_ONCE):
            span = self.moments[begin : begin + _MOMENTS_AT_ONCE]
            asked = {"query": query, "start": span[0], "end": span[-1], "step": span.step}
            body = urllib.parse.urlencode(asked).encode()
            with urllib.request.urlopen(f"{url}/api/v1/query_range", body, timeout=60) as answer:
                for series in json.load(answer)["data"]["result"]:
                    known = found.setdefault(_written(series["metric"]), {**series, "values": []})
                    known["values"] += series["values"]
        return list(found.values())


def _written(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{labels[name]}"' for name in sorted(labels) if name != "__name__") + "}"


def _alerts() -> list[Rule]:
    return [rule for rule in _rules() if "alert" in rule]


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
