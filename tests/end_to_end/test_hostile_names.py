"""Whoever may push a branch may choose its name: it is harmless wherever anybody or anything reads it."""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, expect
from prometheus_client.parser import text_string_to_metric_families

from alignwatch.journal.events import Event
from alignwatch.journal.store import Journal
from alignwatch.operation import Kind, Operation, Outcome
from alignwatch.state_dir import journal_path
from support.browser import window
from support.exporting import QUICK, Exporter, exporter
from support.repositories import Commit, import_history, linear, new_repository
from support.servers import get_json, prometheus
from support.waiting import wait_until

ASKED_FOR = "<script>alert(1)</script>\"'{{7*7}}"
"""git lets no ``*`` into a branch's name; it comes by other ways."""
BRANCHES = (
    "<script>alert(1)</script>\"'{{7+7}}",
    "<img/src=x/onerror=alert(1)>",
    "</title></style></textarea><!--",
    "=cmd|'/C'!A0",
    "@SUM(1)",
    "${jndi}$(id)`id`|id;id&amp;",
    "moc.elpmaxe\u202ehttp",
)
FORMULA_SIGNS = tuple("=+-@\t\r")


@dataclass(frozen=True)
class World:
    """An exporter that watches hostile branches in a repository of a hostile name."""

    exporter: Exporter
    config: Path
    environment: dict[str, str]

    def command(self, *arguments: str) -> str:
        """What a command of ours prints."""
        done = subprocess.run(
            [sys.executable, "-m", "alignwatch", *arguments, f"--config={self.config}"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    now = time.time()
    repository = new_repository(folder / "app")
    import_history(
        repository,
        [*linear("m", 3), Commit("x", ["m0"], when=int(now) - 60)],
        {"main": "m2", **dict.fromkeys(BRANCHES, "x")},
    )
    config = folder / "alignwatch.yaml"
    settings = {
        "state_dir": f"{folder}/state",
        "repositories": [{"path": f"{repository}", "name": ASKED_FOR}],
    }
    config.write_text(QUICK + yaml.safe_dump(settings))
    with Journal(journal_path(folder / "state")) as journal:
        journal.record(
            Operation("a", ASKED_FOR, Kind.REBASE, ASKED_FOR, ASKED_FOR, now - 60, 3.0, Outcome.FAILED)
        )
        oid = "1" * 40
        seen = Event(ASKED_FOR, "lost_lines", "main", oid, oid, oid, (ASKED_FOR,), 1, ASKED_FOR, now - 50)
        journal.note_events(ASKED_FOR, [seen])
    with exporter(config) as running:
        running.wait_for(lambda: running.get("/-/ready").startswith("ready"))
        running.wait_for(lambda: BRANCHES[0] in running.get("/metrics").replace('\\"', '"'))
        yield World(running, config, dict(os.environ))


def test_on_the_page(world: World, browser: Browser) -> None:
    with window(browser) as page:
        faults: list[str] = []
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        page.on("console", lambda message: faults.append(message.text))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(world.exporter.url) else faults.append(request.url)
            ),
        )
        page.goto(world.exporter.url)
        seen = page.inner_text("body")
        for name in BRANCHES[:-1]:
            assert name in seen
        assert "moc.elpmaxe\\u202ehttp" in seen
        for part in ("#operations-lately", "#events-lately", "#status"):
            assert ASKED_FOR in page.locator(part).first.inner_text()
        assert page.locator("script, img, iframe, [onerror], textarea").count() == 0
        page.get_by_label("Name").fill(BRANCHES[1])
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("rowheader", name=BRANCHES[1])).to_have_count(2)
        expect(page.get_by_label("Name")).to_have_value(BRANCHES[1])
        page.get_by_role("link", name="Ahead").click()
        expect(page.get_by_label("Name")).to_have_value(BRANCHES[1])
        assert page.locator("script, img").count() == 0
        assert faults == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/status",
        "/api/v1/branches",
        "/api/v1/events",
        "/api/v1/branches?sort=<script>alert(1)</script>",
        "/api/v1/branches?<script>alert(1)</script>=1",
        "/?<script>alert(1)</script>=1",
        "/metrics",
        "/<script>alert(1)</script>",
    ],
)
def test_whatever_else_a_browser_is_led_to(world: World, browser: Browser, path: str) -> None:
    with window(browser) as page:
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        answer = page.goto(world.exporter.url + path)
        assert answer is not None
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "html" not in answer.headers["content-type"]
        assert page.locator("script, img").count() == 0
        assert dialogs == []


def test_in_the_api(world: World) -> None:
    rows = json.loads(world.exporter.get("/api/v1/branches"))
    assert {row["branch"] for row in rows} == {"main", *BRANCHES}
    assert {row["repository"] for row in rows} == {ASKED_FOR}


def test_in_the_metrics(world: World) -> None:
    families = text_string_to_metric_families(world.exporter.get("/metrics"))
    labels = [sample.labels for family in families for sample in family.samples]
    assert {one["branch"] for one in labels if "branch" in one} >= {*BRANCHES}
    assert ASKED_FOR in {one.get("repository") for one in labels}


def test_in_a_spreadsheet(world: World) -> None:
    rows = list(csv.reader(world.command("branches", "--csv").splitlines()))
    cells = [cell for row in rows for cell in row]
    assert {cell.removeprefix("'") for cell in cells} >= {*BRANCHES}
    assert [cell for cell in cells if cell.startswith(FORMULA_SIGNS)] == []


@pytest.mark.parametrize("command", [["status"], ["branches"], ["branches", "--next"], ["events"]])
def test_on_a_terminal(world: World, command: list[str]) -> None:
    said = world.command(*command)
    assert said.replace("\n", "").isprintable()
    assert ASKED_FOR in said if command == ["status"] else said


def test_in_the_report(world: World, browser: Browser, tmp_path: Path) -> None:
    target = world.exporter.url.removeprefix("http://")
    job = {"job_name": "alignwatch", "scrape_interval": "1s", "static_configs": [{"targets": [target]}]}
    with prometheus(tmp_path / "prometheus", yaml.safe_dump({"scrape_configs": [job]})) as server:
        counted = f"{server.url}/api/v1/query?query=count_over_time(alignment_branches[1m])>1"
        wait_until(lambda: bool(get_json(counted)["data"]["result"]), "two scrapes")
        for form in ("text", "html"):
            file = tmp_path / f"report.{form}"
            done = subprocess.run(
                [
                    *(sys.executable, "-c", "from alignwatch.cli import render_report as r; exit(r())"),
                    f"--config={world.config}",
                    f"--prometheus={server.url}",
                    f"--format={form}",
                    f"--output={file}",
                ],
                env=world.environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.text").read_text().replace("\n", "").isprintable()
    with window(browser) as page:
        faults: list[str] = []
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        page.on("request", lambda request: faults.append(request.url))
        page.goto((tmp_path / "report.html").as_uri())
        assert ASKED_FOR in page.inner_text("body")
        assert page.locator("script, img, iframe").count() == 0
        assert faults == [(tmp_path / "report.html").as_uri()]
