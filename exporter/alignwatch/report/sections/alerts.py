"""The alerts, each with its story: when it began, who was told of it and when, and when it was over."""

from collections import defaultdict
from collections.abc import Sequence

from alignwatch.report import wording
from alignwatch.report.alerts import Story, described
from alignwatch.report.document import (
    Block,
    Cell,
    Cells,
    Column,
    Moment,
    Name,
    Paragraph,
    Phrase,
    Section,
    Table,
    Word,
)
from alignwatch.report.review import Review
from alignwatch.report.sections.tones import tone, word
from alignwatch.servers.exporter import Delivery

_SHOWN = 40
_STILL = 120.0
"""Seconds before the window's end at which one that was seen then is taken to go on."""
_PLAIN_LABELS = frozenset({"alertname", "severity", "job"})
_SEVERITIES = ("critical", "warning", "info")
_KINDS = (
    Column("Alert"),
    Column("Severity"),
    Column("Times", number=True),
    Column("Together", number=True),
    Column("Newest"),
    Column("What became of them"),
)
_STORIES = (
    Column("Alert"),
    Column("What it said"),
    Column("Began"),
    Column("Lasted"),
    Column("Told"),
    Column("Status"),
)
_WORDS = (
    "When an alert began and ended is from Prometheus' own series of alerts. Who was told is what "
    "Alertmanager reported to the exporter, where alerts.audit is set up: it proves that a message was sent, "
    "not that it was read. Without a proof the status is unknown. The message is known only while an alert "
    "is active; later its name and labels stand for it."
)


def alerts(review: Review) -> Section:
    """A table of the kinds, and the newest stories."""
    stories = review.now.stories
    if not stories:
        seen = (
            "" if review.rules_seen else " But nothing shows that Prometheus evaluated the rule pack in it."
        )
        return Section("alerts", "Alerts", [Paragraph(f"None fired in this window.{seen}")])
    end = review.now.window.end
    newest = sorted(stories, key=lambda one: one.activation.started, reverse=True)[:_SHOWN]
    blocks: list[Block] = [
        Table("By alert", _KINDS, _kinds(stories)),
        Table("The stories, the newest first", _STORIES, [_row(one, end) for one in newest]),
    ]
    if left := len(stories) - len(newest):
        blocks.append(
            Paragraph(f"{wording.plural(left, 'older one is', 'older ones are')} in the JSON report.")
        )
    return Section("alerts", "Alerts", [*blocks, Paragraph(_WORDS)])


def _kinds(stories: Sequence[Story]) -> list[list[Cells]]:
    members: dict[tuple[str, str], list[Story]] = defaultdict(list)
    for one in stories:
        members[one.name, one.generated.severity].append(one)
    ordered = sorted(members.items(), key=lambda one: (_rank(one[0][1]), -len(one[1]), one[0]))
    return [
        [
            Name(name),
            word(severity) if severity in _SEVERITIES else Name(severity),
            wording.count(len(found)),
            wording.seconds(sum(one.activation.last_seen - one.activation.started for one in found)),
            Moment(max(one.activation.started for one in found)),
            _fates(found),
        ]
        for (name, severity), found in ordered
    ]


def _rank(severity: str) -> int:
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else len(_SEVERITIES)


def _fates(stories: Sequence[Story]) -> str:
    found: dict[str, int] = defaultdict(int)
    for one in stories:
        found[one.generated.status] += 1
    return ", ".join(f"{number} {fate}" for fate, number in sorted(found.items()))


def _row(one: Story, end: float) -> list[Cells]:
    activation, severity = one.activation, one.generated.severity
    lasted = wording.seconds(activation.last_seen - activation.started)
    going_on = activation.newest and activation.last_seen >= end - _STILL
    return [
        [Name(one.name), word(severity) if severity in _SEVERITIES else Name(severity)],
        _said(one),
        Moment(activation.started),
        [lasted, Word("still firing", "warn")]
        if going_on
        else [lasted, Phrase(["until ", Moment(activation.last_seen)])],
        _told(one),
        Word(one.generated.status, tone(one.generated.status)),
    ]


def _said(one: Story) -> Cells:
    """Its message, or its labels where that is not known any more."""
    labels = one.activation.labels
    if one.generated.message == described(labels):
        shown = {name: value for name, value in sorted(labels.items()) if name not in _PLAIN_LABELS}
        return Name(", ".join(f"{name}={value}" for name, value in shown.items()))
    return [Name(one.generated.message), *([Name(one.description)] if one.description else [])]


def _told(one: Story) -> Cells:
    if not one.recorded:
        return wording.UNKNOWN
    return [_telling(each) for each in one.told] or "nobody"


def _telling(delivery: Delivery) -> Cell:
    what = "fires" if delivery.status == "firing" else "is over"
    return Name(f"{delivery.receiver}: {what}, {wording.full_moment(delivery.first_sent)}")
