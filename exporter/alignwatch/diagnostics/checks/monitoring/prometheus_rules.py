"""Whether Prometheus evaluates the rules of this version.

The rule pack is loaded, whole, in the version that is installed here, and none of its rules fails. Without
it nobody is told anything; with another version, alerts and what the exporter publishes may not fit.
"""

from collections.abc import Iterator, Sequence

import yaml
from msgspec import Struct, field

from alignwatch.assets import asset
from alignwatch.diagnostics.check import Check, Finding, critical, ok, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.servers import prometheus
from alignwatch.diagnostics.status import Status

_PACK = "alignment_rule_pack_info"
_TAKE = "cp", "-r", str(asset("rules")), "/etc/prometheus/alignwatch"


class _Rule(Struct):
    name: str
    health: str = "unknown"
    labels: dict[str, str] = {}
    error: str = field(name="lastError", default="")


class _Group(Struct):
    name: str
    rules: list[_Rule]


class _Groups(Struct):
    groups: list[_Group]


def _run(context: Context) -> Iterator[Finding]:
    said, finding = prometheus(context, "/rules", _Groups)
    if finding is not None:
        yield finding
        return
    loaded: dict[str, _Group] = {group.name: group for group in said.groups}
    wanted = _groups_of_the_pack()
    missing = [name for name in wanted if name not in loaded]
    if len(missing) == len(wanted):
        yield critical(
            "Prometheus has none of the rules: no alert can fire",
            "copy them, name them under rule_files, and have Prometheus read its configuration",
            _TAKE,
        )
        return
    if missing:
        yield warning(f"Prometheus lacks the rules of {', '.join(missing)}", "copy the whole pack", _TAKE)
    rules = [rule for name in wanted if name in loaded for rule in loaded[name].rules]
    yield from _version(rules)
    for rule in rules:
        if rule.health == "err":
            yield warning(
                f"the rule {rule.name} fails: {rule.error}", "mend what it says, or copy the pack anew", _TAKE
            )


def _version(rules: Sequence[_Rule]) -> Iterator[Finding]:
    ours = asset("rules", "VERSION").read_text().strip()
    theirs = {rule.labels.get("version") for rule in rules if rule.name == _PACK}
    if theirs == {ours}:
        yield ok(f"Prometheus has the rules {ours}")
    elif theirs:
        shown = ", ".join(sorted(filter(None, theirs)))
        yield warning(
            f"Prometheus has the rules {shown}, and {ours} is installed here", "copy the pack anew", _TAKE
        )


def _groups_of_the_pack() -> list[str]:
    files = sorted(asset("rules").glob("*.yml"))
    return [group["name"] for file in files for group in yaml.safe_load(file.read_text())["groups"]]


CHECK = Check(
    id="prometheus-rules",
    summary="Prometheus evaluates the rules of this version",
    well="Prometheus evaluates the rules",
    reaches=Status.CRITICAL,
    cheap=False,
    deadline_seconds=8.0,
    run=_run,
)
