"""The page as an answer: its frame, its style, and what a browser may do with it."""

import base64
import hashlib
import zlib
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

from alignwatch import __version__
from alignwatch.web.answer import Answer, Question, text
from alignwatch.web.listing import Given, UnfitError, has_already
from alignwatch.web.negotiation import accepts_gzip
from alignwatch.web.page.branches import asked_for, branches, next_up
from alignwatch.web.page.html import Html, element
from alignwatch.web.page.lately import events, operations
from alignwatch.web.page.links import alerts, further, servers
from alignwatch.web.page.overview import overview
from alignwatch.web.page.parts import Part, paragraph, verdict
from alignwatch.web.page.upkeep import upkeep
from alignwatch.web.page.view import View

_STYLE = Path(__file__).with_name("style.css").read_text()
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_SECURITY = {
    # The one style sheet is allowed by its hash, so that no name that finds its way in can style anything.
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "deny",
}
_LEVEL = 1  # Higher ones take several times as long for a tenth less.


def answer_page(view: View, question: Question) -> Answer:
    """The page; 304 where the client has it already, 400 for a wrong parameter."""
    try:
        body = _page(view, question.query)
    except UnfitError as error:
        return text(HTTPStatus.BAD_REQUEST, str(error))
    version = hashlib.blake2b(body, digest_size=12).hexdigest()
    headers = {**_SECURITY, "ETag": f'W/"{version}"', "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    content_type = "text/html; charset=utf-8"
    if has_already(version, question.headers.get(b"if-none-match")):
        return Answer(HTTPStatus.NOT_MODIFIED, content_type, b"", headers)
    if accepts_gzip(question.headers.get(b"accept-encoding")):
        body = zlib.compress(body, _LEVEL, zlib.MAX_WBITS | 16)
        headers["Content-Encoding"] = "gzip"
    return Answer(HTTPStatus.OK, content_type, body, headers)


def _page(view: View, query: str) -> bytes:
    parts = _parts(view, asked_for(query))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"Alignwatch: {view.status.verdict if view.status else 'starting'}"),
        element("style", Html(_STYLE)),
    )
    body = element(
        "body",
        element("a", "Skip to the content", href="#content", class_="skip"),
        _header(view, parts),
        element("main", [_section(part) for part in parts], id="content"),
        element("footer", paragraph(f"Alignwatch {__version__}")),
    )
    page = f"<!DOCTYPE html>{element('html', head, body, lang='en')}\n"
    # A name that is not UTF-8 shows its bytes as escapes.
    return page.encode(errors="backslashreplace")


def _parts(view: View, given: Given) -> list[Part]:
    parts = (
        overview(view.status) if view.status else None,
        next_up(view),
        branches(view, given),
        operations(view),
        events(view),
        upkeep(view),
        alerts(view),
        further(view),
    )
    return [part for part in parts if part is not None]


def _header(view: View, parts: Iterable[Part]) -> Html:
    told = paragraph("Nothing has been looked at yet.")
    if view.status is not None:
        shown = view.status.time.replace("T", " ").replace("Z", " UTC")
        taken = element("time", shown, datetime=view.status.time)
        told = paragraph(verdict(view.status.verdict), " as of ", taken)
    links = {part.title: f"#{part.slug}" for part in parts} | servers(view)
    listed = [element("li", element("a", title, href=url)) for title, url in links.items()]
    nav = element("nav", element("ul", listed), aria_label="Parts of this page, and servers")
    return element("header", element("h1", "Alignwatch"), told, nav)


def _section(part: Part) -> Html:
    heading = f"{part.slug}-heading"
    return element(
        "section", element("h2", part.title, id=heading), part.body, id=part.slug, aria_labelledby=heading
    )
