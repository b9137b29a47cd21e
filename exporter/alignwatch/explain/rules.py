"""The alerts of the rule pack as they are written: expressions, waiting times, and the runbook."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from alignwatch.assets import asset

_PART = re.compile(r"^\*\*([A-Z][a-z ]+)\.\*\* ?", re.MULTILINE)
_TYPED = re.compile(r"^    \$ (.+(?:\\\n.+)*)", re.MULTILINE)
_INDENTED = re.compile(r"^    (?:\$ )?(\S.*(?:\\\n.+)*)", re.MULTILINE)
_SELECTOR = re.compile(
    r"""[a-zA-Z_:][\w:]*\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}  # any series whose labels are named
    | \b[\w:]*alignment_[\w:]*""",
    re.VERBOSE,
)


class AlertRule(Struct, frozen=True, kw_only=True):
    """One rule; an alert has one for each severity."""

    severity: str
    expression: str
    waits: str
    """How long the expression has to hold, as Prometheus writes it: ``15m``."""
    summary: str
    """With the rule's placeholders."""
    file: str
    """Of the rule pack."""

    @property
    def selectors(self) -> tuple[str, ...]:
        """The series that the expression speaks of."""
        return tuple(dict.fromkeys(_SELECTOR.findall(self.expression)))


class RunbookPart(Struct, frozen=True, kw_only=True):
    """One part of an alert's section."""

    title: str
    """``Meaning``, ``Confirm``, ``Do``, ``Do not``, ``Noise``."""
    text: str


def alert_rules() -> dict[str, tuple[AlertRule, ...]]:
    """Alert -> its rules, in the order in which they are written."""
    import yaml

    found: dict[str, list[AlertRule]] = {}
    for file in sorted(asset("rules").glob("*.yml")):
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    found.setdefault(rule["alert"], []).append(_rule(rule, file))
    return {name: tuple(rules) for name, rules in found.items()}


def _rule(rule: dict[str, Any], file: Path) -> AlertRule:
    return AlertRule(
        severity=rule["labels"]["severity"],
        expression=" ".join(str(rule["expr"]).split()),
        waits=str(rule.get("for", "0s")),
        summary=rule["annotations"].get("summary", ""),
        file=file.name,
    )


def runbook_parts(alert: str) -> tuple[RunbookPart, ...]:
    """The parts of an alert's section; none where it has none."""
    text = asset("rules", "RUNBOOK.md").read_text()
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    _, *parts = _PART.split(next((one for one in sections if one.startswith(f"{alert}\n")), ""))
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return tuple(RunbookPart(title=title, text=text.rstrip()) for title, text in pairs)


def typed_in(part: RunbookPart) -> Iterator[str]:
    """The commands that a part says to type; in ``Confirm``, what they said stands below them."""
    for command in (_TYPED if part.title == "Confirm" else _INDENTED).findall(part.text):
        yield re.sub(r"\\\n\s*", "", command)
