"""What Alertmanager says that it has sent: kept for a while, counted for ever."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

KEPT = 20_000
"""So many of the newest are kept."""
KEPT_SECONDS = 90 * 86400.0
"""None is kept for longer."""

_NOTE = """
    INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT DO UPDATE SET ends_at = excluded.ends_at, last_sent = excluded.last_sent, times = times + 1
"""
_COUNT = "INSERT INTO delivery_totals VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1"
_PRUNE = """
    DELETE FROM deliveries WHERE last_sent < ?1 OR rowid IN (
        SELECT rowid FROM deliveries ORDER BY last_sent DESC LIMIT -1 OFFSET ?2
    )
"""
_SINCE = "SELECT * FROM deliveries WHERE last_sent >= ? ORDER BY last_sent DESC, rowid DESC LIMIT ?"


class SentAlert(NamedTuple):
    """One alert in a notification. Times are seconds since the epoch."""

    status: str
    """``firing`` or ``resolved``."""
    labels: Mapping[str, str]
    starts_at: float
    ends_at: float | None
    """None while it fires."""


class Delivery(NamedTuple):
    """All notifications of one receiver that said the same of one alert."""

    receiver: str
    alert: SentAlert
    first_sent: float
    last_sent: float
    times: int


def note(
    connection: sqlite3.Connection, receiver: str, status: str, alerts: Iterable[SentAlert], now: float
) -> None:
    """Adds and counts one notification, and forgets the oldest."""
    for one in alerts:
        labels = json.dumps(one.labels, sort_keys=True, ensure_ascii=False)
        connection.execute(_NOTE, (receiver, one.status, labels, one.starts_at, one.ends_at, now, now))
    connection.execute(_COUNT, (status,))
    connection.execute(_PRUNE, (now - KEPT_SECONDS, KEPT))


def since(connection: sqlite3.Connection, moment: float, limit: int) -> tuple[Delivery, ...]:
    """What was sent after a moment, the newest first."""
    return tuple(
        Delivery(receiver, SentAlert(status, json.loads(labels), starts_at, ends_at), *sent)
        for receiver, status, labels, starts_at, ends_at, *sent in connection.execute(_SINCE, (moment, limit))
    )


def totals(connection: sqlite3.Connection) -> dict[str, int]:
    """How many notifications there ever were, by status."""
    return dict(connection.execute("SELECT status, count FROM delivery_totals"))
