"""Whether the dashboards draw what there is.

Each metric that a dashboard of `grafana/dashboards` names has to be one that the exporter publishes or that a
rule of the pack records; a dashboard of another version draws empty panels.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from alignwatch.assets import asset
from alignwatch.diagnostics.check import Check, Finding, ok, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.metrics.catalogue import CATALOGUE

_TEXT = re.compile(r'\\"(?:[^"\\]|\\\\.)*\\"')
_METRIC = re.compile(r"\b(?:[a-z_]+:)?alignment_[a-z0-9_]+(?::[a-z0-9_]+)?\b")
_RECORD = re.compile(r"^\s+- record: (\S+)$", re.MULTILINE)
_HISTOGRAM = ("_bucket", "_count", "_sum")


def folder() -> Path:
    """Where the dashboards are."""
    return asset("grafana", "dashboards")


def _run(context: Context) -> Iterator[Finding]:
    files = sorted(folder().glob("*.json"))
    if not files:
        yield skipped("there is no dashboard here")
        return
    known = {name for file in asset("rules").glob("*.yml") for name in _RECORD.findall(file.read_text())}
    for metric in CATALOGUE:
        known |= {
            metric.name + suffix for suffix in ("", *(_HISTOGRAM if metric.type == "histogram" else ()))
        }
    for file in files:
        # What stands in quotes is the value of a label.
        named = set(_METRIC.findall(_TEXT.sub("", file.read_text())))
        for metric in sorted(named - known):
            yield warning(
                f"{file.name} draws {metric}, which nothing publishes",
                "take the dashboard of this version",
                file=str(file),
            )
    yield ok(f"{len(files)} dashboards")


CHECK = Check(
    id="dashboards",
    summary="the dashboards draw what there is",
    well="the dashboards draw what there is",
    run=_run,
)
