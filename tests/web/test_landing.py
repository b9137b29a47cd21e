import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace as with_

from alignwatch import __version__
from alignwatch.status import FailingProbe, HostStatus, RepositoryStatus, Status
from alignwatch.web.landing import CONTENT_SECURITY_POLICY, landing_page
from support.serving import CONTENT, running

HOSTILE = "<script>alert(1)</script>\"'{{7*7}}&\u202e\udce9"
STATUS = Status(
    time="2026-01-12T12:00:00Z",
    verdict="warnings",
    host=HostStatus(
        health="degraded",
        cpu_percent=91.0,
        memory_percent=20.0,
        disk_percent={"/": 12.0},
        findings=("cpu 91 % above 80 %",),
    ),
    repositories=(
        RepositoryStatus(
            repository="app",
            health="optimal",
            processes="idle",
            branches={"merged": 3},
            forecast=None,
            collisions=None,
            findings=(),
        ),
        RepositoryStatus(
            repository="gone",
            health="unreachable",
            processes="unknown",
            branches=None,
            forecast=None,
            collisions=None,
            findings=("/srv/gone does not exist",),
        ),
    ),
    failing_probes=(
        FailingProbe(probe="divergence", repository="gone", reason="missing", error="no such folder"),
        FailingProbe(probe="host", repository=None, reason="internal", error="no /proc"),
    ),
)


class Elements(HTMLParser):
    """The elements, links and text of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.style = ""
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert not any(name.startswith("on") or name in ("src", "style") for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.text += data


def test_what_a_person_sees() -> None:
    page = Elements(landing_page(STATUS, "/metrics"))
    assert page.open == []
    for words in (
        f"Version {__version__}",
        "warnings",
        "2026-01-12T12:00:00Z",
        "degraded",
        "cpu 91 % above 80 %",
        "optimal",
        "unreachable",
        "/srv/gone does not exist",
        "divergence of gone: no such folder",
        "host of the host: no /proc",
    ):
        assert words in page.text


def test_a_quiet_page_has_no_empty_lists() -> None:
    quiet = with_(STATUS, failing_probes=(), host=with_(STATUS.host, findings=()), repositories=())
    page = Elements(landing_page(quiet, "/metrics"))
    assert "Probes that failed" not in page.text
    assert page.tags.count("ul") == 1


def test_before_anything_is_known() -> None:
    assert "Nothing has been looked at yet" in Elements(landing_page(None, "/metrics")).text


def test_every_link_leads_somewhere() -> None:
    page = landing_page(STATUS, "/metrics")
    links = Elements(page).links
    assert links[0] == "/metrics"
    with running(replace(CONTENT, landing=lambda: page)) as site:
        assert site.ask("/").body == page
        assert {site.ask(link).status for link in links} == {200}


def test_only_its_own_style_is_allowed() -> None:
    style = Elements(landing_page(STATUS, "/metrics")).style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("status", [None, STATUS])
def test_nothing_comes_from_elsewhere(status: Status | None) -> None:
    assert not re.search(rb"https?://|<script|<img|<link", landing_page(status, "/metrics"))


def test_hostile_names_stay_text() -> None:
    hostile = with_(
        STATUS,
        repositories=(with_(STATUS.repositories[0], repository=HOSTILE, findings=(HOSTILE,)),),
        failing_probes=(with_(STATUS.failing_probes[0], repository=HOSTILE, error=HOSTILE),),
    )
    page = Elements(landing_page(hostile, "/metrics"))
    harmless = Elements(landing_page(with_(hostile, repositories=STATUS.repositories[1:]), "/metrics"))
    assert page.tags == harmless.tags
    shown = HOSTILE.replace("\udce9", "\\udce9")
    assert page.text.count(shown) == 4
