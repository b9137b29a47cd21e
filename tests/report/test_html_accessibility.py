"""axe-core finds nothing serious on the report's page, however it is shown."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from alignwatch.cli import render_report
from support.axe import violations
from support.browser import DESKTOP, PHONE, Scheme, window


@pytest.fixture(scope="module")
def address(fleet: list[str], told: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("page") / "report.html"
    assert render_report([*fleet, *told, "--format", "html", "--compare", "--output", str(file)]) == 0
    return file.as_uri()


@pytest.mark.parametrize(("width", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_nothing_keeps_anybody_out(browser: Browser, address: str, width: int, scheme: Scheme) -> None:
    with window(browser, width=width, scheme=scheme) as page:
        messages: list[str] = []
        page.on("console", lambda message: messages.append(message.text))
        page.on("request", lambda request: messages.append(request.url))
        page.goto(address)
        assert messages == [address]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert violations(page) == []


def test_by_keyboard_alone(browser: Browser, address: str) -> None:
    with window(browser, javascript=False) as page:
        page.goto(address)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**#content")
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("details[open] table").first.is_visible()
