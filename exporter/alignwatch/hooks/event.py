"""What a hook or a parent is told: one JSON object for each thing that has happened."""

from typing import Any

import msgspec
from msgspec import Struct

from alignwatch.journal.notices import Notice
from alignwatch.text import timestamp

FORMAT = 1
"""Raised when a key is renamed or removed; further keys may come at any time."""


class Event(Struct, frozen=True, kw_only=True):
    """Something that has happened."""

    format: int = FORMAT
    id: str
    """The same whenever and to whomever it is told."""
    event: str
    """One of :data:`alignwatch.settings.HookEvent`."""
    time: str
    """When it was noticed: RFC 3339, UTC."""
    repository: str | None
    """Null for what concerns the whole machine."""
    data: dict[str, Any]
    """What is known of it; times in it are seconds since the epoch."""


def event_of(notice: Notice) -> Event:
    """What others are told of a notice."""
    return Event(
        id=notice.identity,
        event=notice.event,
        time=timestamp(notice.noticed),
        repository=notice.repository or None,
        data=dict(notice.data),
    )


def in_words(event: Event) -> str:
    """One line for people."""
    said = _WORDS.get(event.event, "{data}").format_map(_Known({**event.data, "data": event.data}))
    return f"{event.time}  {event.repository or 'the machine'}: {said}"


class _Known(dict[str, Any]):
    """What is not known any more is a question mark."""

    def __missing__(self, key: str) -> str:
        return "?"


_WORDS = {
    "operation_ended": "{operation} of {branch} onto {target}: {outcome}",
    "operation_unverified": "{operation} of {branch} onto {target}: git does not confirm it ({refusal})",
    "branch_event": "{branch}: {kind}: {detail}",
    "health_changed": "{of}: {was}, now {is}",
    "maintenance_ended": "maintenance {task}: {outcome} {reason}",
    "alert_sent": "{receiver} was told: {labels[alertname]} is {status}",
}


def event_schema() -> dict[str, Any]:
    """The event's JSON Schema, draft 2020-12."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Event)}
