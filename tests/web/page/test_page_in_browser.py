"""The page as a browser shows it, to the eye, to the keyboard and to a screen reader."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from msgspec.structs import replace as with_
from playwright.sync_api import Browser, expect

from alignwatch.branches import BranchList
from alignwatch.events import EventList
from alignwatch.snapshot import BranchState
from support.axe import violations
from support.browser import DESKTOP, PHONE, Scheme, window
from support.pages import EVENT, ROWS, STATUS, VIEW, ended, row
from support.serving import CONTENT, running

LONG = "bolt/" + "optimise" * 25
MANY = (
    *ROWS,
    row(LONG, BranchState.BEHIND, 1, 500),
    *(row(f"b{number:03}", BranchState.BEHIND) for number in range(60)),
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    assert VIEW.journal is not None
    view = replace(
        VIEW,
        branches=BranchList.of(MANY),
        events=EventList.of((with_(EVENT, detail=LONG, branch=LONG, paths=(LONG,)),)),
        journal=VIEW.journal._replace(newest=(ended("confirmed", branch=LONG),)),
        status=with_(STATUS, repositories=(with_(STATUS.repositories[0], findings=(LONG,)),)),
    )
    with running(replace(CONTENT, view=lambda: view)) as site:
        yield site.addresses[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_everybody_can_use_it(browser: Browser, address: str, width: int, scheme: Scheme) -> None:
    with window(browser, width=width, scheme=scheme) as page:
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{address}/?limit=12")
        assert violations(page) == []
        assert complaints == []
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_check_finds_what_nobody_can_read(browser: Browser, address: str) -> None:
    with window(browser) as page:
        page.goto(address)
        page.evaluate("document.querySelector('h1').replaceChildren()")
        page.evaluate("document.querySelector('select').removeAttribute('id')")
        assert {"empty-heading", "select-name"} <= {one.rule for one in violations(page)}


def test_it_needs_no_script(browser: Browser, address: str) -> None:
    with window(browser, javascript=False) as page:
        page.goto(address)
        page.get_by_role("link", name="1 conflicting").click()
        expect(page.get_by_role("table", name="All 1 that match")).to_contain_text("bolt/a")
        page.get_by_role("link", name="Show all").click()
        page.get_by_label("Name").fill("b0")
        page.get_by_label("State").select_option("behind")
        page.get_by_role("button", name="Show").click()
        branches = page.get_by_role("table", name="1 to 50 of 60 that match")
        branches.get_by_role("link", name="Branch").click()
        expect(branches.get_by_role("rowheader").first).to_have_text("b000")
        expect(branches.get_by_role("columnheader", name="Branch")).to_have_attribute(
            "aria-sort", "ascending"
        )
        page.get_by_role("link", name="Next", exact=True).click()
        expect(
            page.get_by_role("table", name="51 to 60 of 60 that match").get_by_role("rowheader")
        ).to_have_count(10)


def test_it_needs_no_mouse(browser: Browser, address: str) -> None:
    with window(browser) as page:
        page.goto(address)
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")
        page.get_by_label("Name").focus()
        page.keyboard.type("lost")
        page.keyboard.press("Enter")
        expect(page.get_by_role("rowheader", name="lost", exact=True)).to_be_visible()


def test_a_narrow_screen_keeps_the_table(browser: Browser, address: str) -> None:
    with window(browser, width=PHONE) as page:
        page.goto(f"{address}/?branch=bolt/a")
        one = page.get_by_role("table", name="All 1 that match").get_by_role("row").nth(1)
        expect(one.get_by_role("rowheader")).to_have_text("bolt/a")
        expect(one.get_by_role("cell")).to_have_count(8)
        behind = one.get_by_role("cell").nth(4)
        assert page.evaluate(
            "cell => getComputedStyle(cell, '::before').content", behind.element_handle()
        ) == ('"Behind" / ""')
