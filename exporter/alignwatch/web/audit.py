"""``POST /api/v1/audit`` takes what Alertmanager says that it has sent, ``GET /api/v1/deliveries`` tells it.

Both are there only where ``alerts.audit`` is set up. They are the only requests that take work, and the first
is the only one whose body is read: one thread of their own does it, so that no scrape ever waits.

``GET /api/v1/deliveries?since=SECONDS`` answers with ``{"complete": ..., "deliveries": [...]}``, the newest
first: ``receiver, status, labels, starts_at, ends_at, first_sent, last_sent, times``. Times are seconds since
the epoch; not complete is what has more than :data:`MOST_TOLD`.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from hmac import compare_digest
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct, field

from alignwatch.errors import AlignwatchError
from alignwatch.journal.deliveries import Delivery, SentAlert
from alignwatch.journal.store import Journal
from alignwatch.secret_file import read_secret
from alignwatch.web.answer import Answer, Headers, Question, json, text

if TYPE_CHECKING:
    from alignwatch.diagnostics.bundle.occasion import Occasions

LARGEST_BODY = 1 << 20
"""Bytes of one notification; Alertmanager is told to name no more than 500 alerts in one."""
MOST_TOLD = 5000
MOST_AT_ONCE = 4
"""More requests than these are put off: each may hold a whole notification in memory."""

_SINCE = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")

Done = TypeVar("Done")


class _Alert(Struct):
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    starts_at: datetime = field(name="startsAt")
    ends_at: datetime = field(name="endsAt")


class _Notification(Struct):
    """What Alertmanager's webhook says, version 4."""

    receiver: str
    status: Literal["firing", "resolved"]
    alerts: list[_Alert]


class Audit:
    """Keeps and tells what was sent.

    Args:
        token_file: what ``alerts.audit.token_file`` names.
        journal: where it is kept.
        occasions: hears of what was sent; None: nobody does.

    Raises:
        UsageError: the token cannot be used.
    """

    def __init__(self, token_file: str, journal: Journal, occasions: "Occasions | None" = None) -> None:
        self._expected = b"Bearer " + read_secret("alerts.audit.token_file", token_file)
        self._journal = journal
        self._occasions = occasions
        self._worker = _worker()
        self._at_once = 0
        self._closed = False

    def close(self) -> None:
        """Ends its thread and the making of a bundle, as soon as nobody is being answered any more."""
        self._closed = True
        self._let_go()

    async def take(self, method: str, headers: Headers, receive: Callable[[], Awaitable[Any]]) -> Answer:
        """Records one notification of whoever has the token; durable when the answer says so."""
        if method != "POST":
            return text(HTTPStatus.METHOD_NOT_ALLOWED, "only POST", {"Allow": "POST"})
        if not compare_digest(headers.get(b"authorization").encode("latin-1"), self._expected):
            return text(HTTPStatus.UNAUTHORIZED, "a token is needed", {"WWW-Authenticate": "Bearer"})

        async def record() -> Answer:
            body = await _body(receive)
            if body is None:
                return text(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
            try:
                told = msgspec.json.decode(body, type=_Notification)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return text(HTTPStatus.BAD_REQUEST, "no notification of Alertmanager's")
            alerts = [_sent(one) for one in told.alerts]
            await self._aside(lambda: self._journal.note_notification(told.receiver, told.status, alerts))
            if self._occasions is not None:
                await self._aside(partial(self._occasions.hear, alerts))
            return text(HTTPStatus.OK, "recorded")

        return await self._in_turn(record)

    async def tell(self, question: Question) -> Answer:
        """What was sent since a moment."""
        (since, *more) = parse_qs(question.query, keep_blank_values=True).get("since", ["0"])
        if more or not _SINCE.fullmatch(since):
            return text(HTTPStatus.BAD_REQUEST, "since: seconds since the epoch, once")

        async def answer() -> Answer:
            found = await self._aside(lambda: self._journal.deliveries(float(since), MOST_TOLD + 1))
            return json(await self._aside(lambda: _encoded(found)))

        return await self._in_turn(answer)

    async def _in_turn(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Does it unless there is too much to do, or the journal cannot be used: Alertmanager tries again."""
        if self._at_once >= MOST_AT_ONCE:
            return text(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once", {"Retry-After": "1"})
        self._at_once += 1
        try:
            return await work()
        except AlignwatchError:  # What is wrong with the journal is in the log and on the page already.
            return text(HTTPStatus.SERVICE_UNAVAILABLE, "the journal cannot be used", {"Retry-After": "10"})
        finally:
            self._at_once -= 1
            self._let_go()

    def _let_go(self) -> None:
        if self._closed and not self._at_once:
            self._worker.shutdown(wait=False)
            # For one whose password was being checked meanwhile; without work it has no thread.
            self._worker = _worker()
            if self._occasions is not None:
                self._occasions.close()

    async def _aside(self, work: Callable[[], Done]) -> Done:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)


def _worker() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="audit")


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes | None:
    """The request's body; None when it is too large. What a lost connection has brought is no JSON."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _sent(alert: _Alert) -> SentAlert:
    ended = alert.ends_at.timestamp() if alert.status == "resolved" else None
    return SentAlert(alert.status, alert.labels, alert.starts_at.timestamp(), ended)


def _encoded(found: tuple[Delivery, ...]) -> bytes:
    told = [{"receiver": one.receiver, **one.alert._asdict(), **_times(one)} for one in found[:MOST_TOLD]]
    return msgspec.json.encode({"complete": len(found) <= MOST_TOLD, "deliveries": told})


def _times(one: Delivery) -> dict[str, float]:
    return {"first_sent": one.first_sent, "last_sent": one.last_sent, "times": one.times}
