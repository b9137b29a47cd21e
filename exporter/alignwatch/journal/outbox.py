"""The outbox: alerts that Alertmanager has not taken yet, in the order in which they were first raised."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from alignwatch.alert import Alert, merged

LIMIT = 10_000
"""So many different alerts wait at most; who raises another one is told that it does not."""

SENT, REFUSED, EXPIRED, DROPPED = OUTCOMES = ("sent", "refused", "expired", "dropped")
"""What becomes of one: taken by Alertmanager, refused by it as malformed, too old to tell, or not let in."""

_FIND = "SELECT alert FROM outbox WHERE identity = ?"
_RENEW = "UPDATE outbox SET alert = ? WHERE identity = ?"
_INSERT = "INSERT INTO outbox (identity, alert, queued, attempts) VALUES (?, ?, ?, 0)"
_OLDEST = "SELECT number, alert, queued, attempts, last_error FROM outbox {} ORDER BY number LIMIT ?"
# What was renewed after it had been read says something else by now.
_REMOVE = "DELETE FROM outbox WHERE number = ? AND alert = ?"
_ATTEMPT = """
    UPDATE outbox SET attempts = attempts + 1, last_attempt = ?, last_error = ? WHERE number = ?
"""
_COUNT = """
    INSERT INTO outbox_totals VALUES (?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count
"""


class Waiting(NamedTuple):
    """An alert that waits."""

    number: int
    """Its place."""
    alert: Alert
    queued: float
    """Since when it waits, in seconds since the epoch."""
    attempts: int
    """How often it was tried in vain to send it as the first of those that wait."""
    last_error: str | None


class Outbox(NamedTuple):
    """The whole in numbers."""

    waiting: int = 0
    oldest: float | None = None
    """Since when the first waits, in seconds since the epoch."""
    totals: Mapping[str, int] = {}
    """Outcome -> how many ever; what never happened is absent."""


def put(connection: sqlite3.Connection, alert: Alert, now: float) -> bool:
    """Lets an alert wait, together with what waits of it already; returns False if there is no room."""
    if row := connection.execute(_FIND, (alert.identity,)).fetchone():
        connection.execute(_RENEW, (_text(merged(_alert(row[0]), alert)), alert.identity))
        return True
    if connection.execute("SELECT count(*) FROM outbox").fetchone()[0] >= LIMIT:
        connection.execute(_COUNT, (DROPPED, 1))
        return False
    connection.execute(_INSERT, (alert.identity, _text(alert), now))
    return True


def find(connection: sqlite3.Connection, identity: str) -> Waiting | None:
    """What waits of one alert."""
    row = connection.execute(_OLDEST.format("WHERE identity = ?"), (identity, 1)).fetchone()
    return _waiting(row) if row else None


def oldest(connection: sqlite3.Connection, limit: int) -> tuple[Waiting, ...]:
    """The first of those that wait."""
    return tuple(map(_waiting, connection.execute(_OLDEST.format(""), (limit,))))


def remove(connection: sqlite3.Connection, sent: Iterable[Waiting], outcome: str) -> None:
    """Ends the waiting of what was read before and has not been renewed since, and counts it."""
    removed = sum(connection.execute(_REMOVE, (one.number, _text(one.alert))).rowcount for one in sent)
    connection.execute(_COUNT, (outcome, removed))


def note_attempt(connection: sqlite3.Connection, number: int, error: str, now: float) -> None:
    """Notes that the alert at one place could not be sent."""
    connection.execute(_ATTEMPT, (now, error, number))


def read(connection: sqlite3.Connection) -> Outbox:
    """The numbers."""
    waiting, since = connection.execute("SELECT count(*), min(queued) FROM outbox").fetchone()
    return Outbox(waiting, since, dict(connection.execute("SELECT outcome, count FROM outbox_totals")))


def _text(alert: Alert) -> str:
    return json.dumps(alert._asdict(), sort_keys=True)


def _alert(text: str) -> Alert:
    return Alert(**json.loads(text))


def _waiting(row: tuple[int, str, float, int, str | None]) -> Waiting:
    number, text, queued, attempts, last_error = row
    return Waiting(number, _alert(text), queued, attempts, last_error)
