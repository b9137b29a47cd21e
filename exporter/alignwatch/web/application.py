"""What is answered to which request: an ASGI application over bytes that lie ready.

A request does no I/O but the check of its credentials, so it needs no time: an answer that is still
being sent while another request is served waits for a reader that does not keep up. What Alertmanager has
sent is the exception, and has a thread of its own in :mod:`alignwatch.web.audit`.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from alignwatch.branches import BranchList
from alignwatch.collisions import NO_COLLISIONS, CollisionList
from alignwatch.events import NO_EVENTS, EventList
from alignwatch.metrics.page import Page
from alignwatch.settings import Web
from alignwatch.web.answer import AUDIT_PATH, DELIVERIES_PATH, Answer, Headers, Question, json, text
from alignwatch.web.branches import answer_branches
from alignwatch.web.collisions import answer_collisions
from alignwatch.web.events import answer_events
from alignwatch.web.negotiation import OPENMETRICS, PLAIN, accepts_gzip, prefers_openmetrics

if TYPE_CHECKING:
    from alignwatch.web.audit import Audit
    from alignwatch.web.configuration import Access
    from alignwatch.web.page.view import View

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_CHUNK = 64 * 1024
"""All of an answer that is held for a client that reads slowly."""
_METHODS = ("GET", "HEAD")
_ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Content:
    """Where the answers come from. Each is called once a request and returns at once."""

    page: Callable[[], Page | None]
    """The metrics; None until there are any."""
    ready: Callable[[], str | None]
    """Why the exporter is not ready; None when it is."""
    status: Callable[[], bytes]
    """JSON."""
    branches: Callable[[], BranchList]
    view: Callable[[], "View"]
    """What the page shows that :mod:`alignwatch.web.page` makes."""
    collisions: Callable[[], CollisionList] = lambda: NO_COLLISIONS
    events: Callable[[], EventList] = lambda: NO_EVENTS
    audit: Callable[[], "Audit | None"] = lambda: None
    """Who records what Alertmanager has sent; None where nobody does."""


class Client(Protocol):
    """The connection that a request came by."""

    @property
    def lost(self) -> bool:
        """Whether nothing can be sent any more."""

    def drop(self) -> None:
        """Ends it without another word."""


class Application:
    """Answers requests.

    Args:
        content: where the answers come from.
        web: the path of the metrics, and how many may wait at once: requests for the check of their
            password (more get 503) and answers for their reader (the oldest is dropped for a new one).
        access: who may ask; None lets everybody.
    """

    def __init__(self, content: Content, web: Web, access: "Access | None" = None) -> None:
        self._routes: dict[str, Callable[[Question], Answer]] = {
            "/": lambda question: _page(content.view(), question),
            "/-/healthy": lambda _: text(HTTPStatus.OK, "healthy"),
            "/-/ready": lambda _: _readiness(content.ready()),
            "/api/v1/status": lambda _: json(content.status()),
            "/api/v1/branches": lambda question: answer_branches(content.branches(), question),
            "/api/v1/collisions": lambda question: answer_collisions(content.collisions(), question),
            "/api/v1/events": lambda question: answer_events(content.events(), question),
            web.telemetry_path: lambda question: _metrics(content.page(), question.headers),
        }
        self._audit = content.audit
        self._access = access
        self._limit = web.max_requests
        self._checking = 0
        self._sending: OrderedDict[Client, None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request; ``scope["state"]["client"]`` is a :class:`Client`."""
        headers = Headers(scope["headers"])
        question = Question(headers, scope["query_string"].decode("latin-1"))
        audit = self._audit()
        if audit is not None and scope["path"] == AUDIT_PATH:
            answer = await audit.take(scope["method"], headers, receive)
        else:
            answer = await self._refusal(headers) or await self._answer(scope, question, audit)
        start = {
            "type": "http.response.start",
            "status": answer.status.value,
            "headers": [
                (name.encode(), value.encode("latin-1"))
                for name, value in self._headers(answer, close=headers.brings_body).items()
            ],
        }
        body = b"" if scope["method"] == "HEAD" else answer.body
        await self._deliver(start, body, send, scope["state"]["client"])

    async def _refusal(self, headers: Headers) -> Answer | None:
        if self._access is None:
            return None
        authorization = headers.get(b"authorization")
        allowed = self._access.remembers(authorization)
        if allowed is None:
            if self._checking >= self._limit:
                return text(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once", {"Retry-After": "1"})
            self._checking += 1
            try:
                allowed = await self._access.check(authorization)
            finally:
                self._checking -= 1
        if allowed:
            return None
        challenge = {"WWW-Authenticate": 'Basic realm="alignwatch", charset="UTF-8"'}
        return text(HTTPStatus.UNAUTHORIZED, "a user and a password are needed", challenge)

    async def _answer(self, scope: Scope, question: Question, audit: "Audit | None") -> Answer:
        method, path = scope["method"], scope["path"]
        if audit is not None and path == DELIVERIES_PATH and method in _METHODS:
            return await audit.tell(question)
        route = self._routes.get(path)
        if route is None:
            return text(HTTPStatus.NOT_FOUND, "nothing here; the start page / lists what there is")
        if method not in _METHODS:
            allow = ", ".join(_METHODS)
            return text(HTTPStatus.METHOD_NOT_ALLOWED, f"only {allow}", {"Allow": allow})
        return route(question)

    def _headers(self, answer: Answer, *, close: bool) -> dict[str, str]:
        return {
            "Date": formatdate(usegmt=True),
            "Content-Type": answer.content_type,
            "Content-Length": str(len(answer.body)),
            **_ALWAYS,
            **answer.headers,
            **(self._access.headers() if self._access else {}),
            **({"Connection": "close"} if close else {}),
        }

    async def _deliver(self, start: dict[str, Any], body: bytes, send: Send, client: Client) -> None:
        while len(self._sending) >= self._limit:
            slowest, _ = self._sending.popitem(last=False)
            slowest.drop()
        self._sending[client] = None
        try:
            await send(start)
            for at in range(0, max(len(body), 1), _CHUNK):
                end = at + _CHUNK
                await send({"type": "http.response.body", "body": body[at:end], "more_body": end < len(body)})
                if client.lost:
                    # The server notices at the event loop's next turn, and would go on writing until then.
                    await asyncio.sleep(0)
        finally:
            self._sending.pop(client, None)


def _metrics(page: Page | None, headers: Headers) -> Answer:
    if page is None:
        return text(HTTPStatus.SERVICE_UNAVAILABLE, "nothing has been measured yet")
    openmetrics = prefers_openmetrics(headers.get(b"accept"))
    zipped = accepts_gzip(headers.get(b"accept-encoding"))
    form = OPENMETRICS if openmetrics else PLAIN
    if openmetrics:
        body = page.openmetrics_gzip if zipped else page.openmetrics
    else:
        body = page.plain_gzip if zipped else page.plain
    return Answer(
        HTTPStatus.OK,
        f"{form.name}; version={form.version}; charset=utf-8",
        body,
        {"Vary": "Accept, Accept-Encoding", **({"Content-Encoding": "gzip"} if zipped else {})},
    )


def _readiness(reason: str | None) -> Answer:
    if reason is None:
        return text(HTTPStatus.OK, "ready")
    return text(HTTPStatus.SERVICE_UNAVAILABLE, reason)


def _page(view: "View", question: Question) -> Answer:
    from alignwatch.web.page.document import answer_page  # Where nobody looks, it takes no memory.

    return answer_page(view, question)
