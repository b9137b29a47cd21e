"""All of it with real servers: from one command to an alert in the report."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alignwatch.errors import ExitCode
from alignwatch.rendering import render_prometheus
from alignwatch.settings import Settings
from support.repositories import ENVIRONMENT, git
from support.rule_tests import impatient_rules
from support.servers import Server, alertmanager, free_port, get_json, prometheus, stop
from support.stack import ALIGNWATCH, stack
from support.waiting import wait_until, wait_until_ended

OPERATIONS = (
    ("feature/far", ("rebase", "main"), 0),
    ("feature/far", ("rebase", "main"), 0),
    ("feature/merged", ("merge", "--ff-only", "main"), 0),
    ("fix-aligned", ("merge", "main"), 0),
    ("orphan", ("merge", "main"), 128),
)
"""Alignments in the repository of ``conftest.py``: branch, git's arguments, git's exit code. Histories that
have nothing in common cannot be merged."""

RENDER_REPORT = Path(sys.executable).with_name("render-report")


@pytest.fixture
def checkout(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository with its files, and somebody to commit."""
    for name, value in ENVIRONMENT.items():
        if name.startswith("GIT_"):
            monkeypatch.setenv(name, value)
    git(repository, "reset", "--quiet", "--hard")
    return repository


def align(checkout: Path, state_dir: Path) -> None:
    """Runs the operations as somebody at a terminal would."""
    for branch, command, expected in OPERATIONS:
        git(checkout, "checkout", "--quiet", branch)
        tracked = subprocess.run(
            [*ALIGNWATCH, "track", f"--state-dir={state_dir}", "--", "git", *command],
            cwd=checkout,
            capture_output=True,
            check=False,
        )
        assert tracked.returncode == expected, tracked.stderr.decode()


def report(checkout: Path, *arguments: str) -> Any:
    """What ``render-report`` prints."""
    done = subprocess.run(
        [RENDER_REPORT, "--window=1h", *arguments], cwd=checkout, stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


def test_one_command_then_five_operations_then_the_report(checkout: Path, tmp_path: Path) -> None:
    state_dir = tmp_path / "state"

    def operations() -> Any:
        made = report(checkout, f"--state-dir={state_dir}")
        return made["performance_metrics"]["alignment_operations"]

    with stack(state_dir, checkout) as up:
        known = up.addresses()
        assert known.prometheus is not None
        assert known.alertmanager is not None
        for address in (known.exporter, known.prometheus, known.alertmanager):
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
            assert f" {address}/\n" in up.said
        (tied,) = get_json(f"{known.prometheus}/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
        assert tied["url"].startswith(known.alertmanager)
        # It fired before Prometheus had found Alertmanager, which is to hear of it soon all the same.
        wait_until(lambda: "AlignmentWatchdog" in alerts(str(known.alertmanager)), "the switch", 40)

        align(checkout, state_dir)
        wait_until(lambda: operations()["total_executed"] == len(OPERATIONS), "the scrape of all operations")
        seen = operations()
        assert seen["success_rate"] == 0.8
        assert 0 < seen["min_time_seconds"] <= seen["average_time_seconds"] <= seen["max_time_seconds"]

        children = up.children()
        assert up.interrupt() == ExitCode.OK
    wait_until_ended(*children)
    assert not {"lock", "addresses.json"} & {path.name for path in (state_dir / "stack").iterdir()}

    with stack(state_dir, checkout) as up:
        up.addresses()
        assert operations() == seen

        up.child(f"--config.file={state_dir / 'stack' / 'prometheus.yml'}").kill()
        wait_until(lambda: up.addresses().prometheus is None, "the stack to notice")
        assert "ended with signal SIGKILL" in up.said
        assert "The others go on." in up.said

        exporter = up.child("serve")
        exporter.kill()
        assert up.process.wait(30) == ExitCode.FAULT
        assert f"exporter (process {exporter.pid}) ended with signal SIGKILL" in up.said


@contextmanager
def exporter(checkout: Path, state_dir: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """``alignwatch serve``; gives where it listens and the process."""
    address = f"127.0.0.1:{free_port()}"
    command = [*ALIGNWATCH, "serve", f"--web.listen-address={address}", f"--state-dir={state_dir}"]
    with subprocess.Popen(command, cwd=checkout, stderr=subprocess.DEVNULL) as process:
        try:
            yield address, process
        finally:
            stop(process)


def alerts(alertmanager: str) -> set[str]:
    """The names of the alerts that an Alertmanager holds, by its address."""
    return {alert["labels"]["alertname"] for alert in get_json(f"{alertmanager}/api/v2/alerts")}


def test_a_killed_exporter_is_an_alert_at_alertmanager_and_in_the_report(
    checkout: Path, tmp_path: Path
) -> None:
    with (
        exporter(checkout, tmp_path / "state") as (address, process),
        alertmanager(tmp_path / "alertmanager") as told,
    ):
        configuration = render_prometheus(
            Settings(),
            exporter=address,
            alertmanager=told.url.removeprefix("http://"),
            prometheus=None,
            rules=impatient_rules(tmp_path / "rules"),
            scrape_interval_seconds=1,
        )
        # What fires before it has found Alertmanager is lost until it is sent again, by default in a minute.
        resend = "--rules.alert.resend-delay=1s"
        with prometheus(tmp_path / "prometheus", configuration, arguments=[resend]) as asked:
            wait_until(lambda: "AlignmentWatchdog" in alerts(told.url), "the dead man's switch")
            wait_until(lambda: up_is(asked, "1"), "the first scrape")
            # The first scrape may have come before there was a page.
            wait_until(lambda: "AlignmentExporterDown" not in alerts(told.url), "no alert")

            process.kill()
            wait_until(lambda: "AlignmentExporterDown" in alerts(told.url), "the alert")

            made = report(checkout, f"--prometheus={asked.url}", f"--alertmanager={told.url}")
    (alert,) = [one for one in made["alerts_generated"] if f"The exporter {address}" in one["message"]]
    assert alert["severity"] == "critical"
    assert made["health_status"]["system_health"] == "unknown"


def up_is(server: Server, value: str) -> bool:
    """What Prometheus last found of the exporter."""
    answer = get_json(f"{server.url}/api/v1/query?query=up%7Bjob%3D%22alignwatch%22%7D")
    return [one["value"][1] for one in answer["data"]["result"]] == [value]
