import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from alignwatch.git.command import Git
from support.repositories import ENVIRONMENT, Commit, import_history, linear, new_repository

if TYPE_CHECKING:
    from playwright.sync_api import Browser


settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


def pytest_configure() -> None:
    """In the background and under nohup these are ignored, and would be by all that the tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _own_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees this machine's git configuration, state folder or Alignwatch configuration."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, ENVIRONMENT[name])
    monkeypatch.setenv("ALIGNWATCH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("ALIGNWATCH_CONFIG", raising=False)


@pytest.fixture
def git_runner() -> Git:
    """git as the product runs it."""
    return Git(environment=ENVIRONMENT)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small repository: main, a branch behind and ahead, one merged, one aligned, one orphan."""
    made = new_repository(tmp_path / "app")
    import_history(
        made,
        [
            *linear("m", 3),
            *linear("f", 2, "m0"),
            Commit("n0", ["m2"]),
            Commit("o0"),
        ],
        {
            "main": "m2",
            "feature/far": "f1",
            "feature/merged": "m1",
            "fix-aligned": "n0",
            "orphan": "o0",
        },
    )
    return made


@pytest.fixture
def nowhere() -> Iterator[str]:
    """The address of a server that does not run."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Chromium; ``support.browser.window`` opens a page in it. No other event loop runs here meanwhile."""
    from support.browser import chromium  # Not for the many tests that need none.

    with chromium() as started:
        yield started
