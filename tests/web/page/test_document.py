import base64
import hashlib
import re
from dataclasses import replace

import pytest
from msgspec.structs import replace as with_

from alignwatch import __version__
from alignwatch.branches import BranchList
from alignwatch.events import EventList
from alignwatch.settings import Repository, Settings
from alignwatch.web.page.view import View
from support.pages import (
    EVENT,
    HOSTILE,
    JOURNAL,
    ROWS,
    SHOWN_HOSTILE,
    STATUS,
    VIEW,
    Reader,
    answer,
    ended,
    reading,
)
from support.serving import CONTENT, running

SETTINGS = VIEW.settings


def test_before_anything_is_known() -> None:
    page = reading(View(SETTINGS))
    assert "Nothing has been looked at yet." in page.text
    assert f"Alignwatch {__version__}" in page.text


def test_only_its_own_style_is_allowed() -> None:
    policy = answer().headers["Content-Security-Policy"]
    (style,) = reading().all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


@pytest.mark.parametrize("view", [View(SETTINGS), VIEW])
def test_nothing_comes_from_elsewhere(view: View) -> None:
    assert not re.search(rb"https?://|<script|<img|<link|url\(|@import", answer(view).body)


def test_a_page_that_a_client_has_is_not_sent_again() -> None:
    with running(replace(CONTENT, view=lambda: VIEW)) as site:
        first = site.ask("/")
        again = site.ask("/", if_none_match=first.headers["etag"])
        other = site.ask("/?sort=age", if_none_match=first.headers["etag"])
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert "content-security-policy" in again.headers
    assert other.status == 200


def test_a_page_is_compressed_for_those_who_can_read_that() -> None:
    plain, zipped = answer(), answer(accept_encoding="br, gzip")
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.headers["ETag"] == plain.headers["ETag"]
    assert plain.headers["Vary"] == zipped.headers["Vary"] == "Accept-Encoding"
    assert Reader(zipped.body).text == Reader(plain.body).text
    assert len(zipped.body) < len(plain.body) / 3


def test_a_hostile_name_is_text_wherever_it_stands() -> None:
    hostile = replace(
        VIEW,
        settings=Settings(repositories=(Repository(path="/srv/x", name=HOSTILE), *SETTINGS.repositories)),
        status=with_(
            STATUS,
            repositories=(with_(STATUS.repositories[0], repository=HOSTILE, findings=(HOSTILE,)),),
            failing_probes=(with_(STATUS.failing_probes[0], repository=HOSTILE, error=f"{HOSTILE}\udce9"),),
        ),
        branches=BranchList.of(
            tuple(with_(one, branch=HOSTILE, target=HOSTILE, family=HOSTILE) for one in ROWS)
        ),
        events=EventList.of((with_(EVENT, event=HOSTILE, branch=HOSTILE, detail=HOSTILE, paths=(HOSTILE,)),)),
        journal=JOURNAL._replace(newest=(ended(HOSTILE, HOSTILE, HOSTILE)._replace(target=HOSTILE),)),
    )
    page = reading(hostile, "branch=%3Cscript%3E&sort=name")
    assert page.all("script") == []
    assert page.text.count(SHOWN_HOSTILE) > 20
    assert f"{SHOWN_HOSTILE}\\udce9" in page.text
