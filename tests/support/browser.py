"""Pages in a real browser: the machine's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

EXECUTABLES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Names on PATH, Debian's first."""
DESKTOP, PHONE = 1280, 400
"""Widths of the window, in CSS pixels."""
PATIENCE = 20.0
"""Seconds after which a test gives up on a page."""

Scheme = Literal["light", "dark"]


def executable() -> str | None:
    """The path of Chromium; None where there is none."""
    return next((path for name in EXECUTABLES if (path := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium without a window, for as long as the block runs. It may be used by one thread only."""
    path = executable()
    assert path is not None, "the tests need Chromium: apt-get install --no-install-recommends chromium"
    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(
    browser: Browser,
    *,
    width: int = DESKTOP,
    height: int = 900,
    scheme: Scheme = "light",
    javascript: bool = True,
) -> Iterator[Page]:
    """An empty page with cookies, cache and storage of its own; ``page.goto(address)`` fills it."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=javascript
    )
    context.set_default_timeout(1000 * PATIENCE)
    try:
        yield context.new_page()
    finally:
        context.close()
