"""A repository breaks: who is told, and what the report says became of it."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest
import yaml

from alignwatch.rendering import render_prometheus
from alignwatch.settings_file import load_settings
from support.notifications import TOKEN, impatient_alertmanager_yml, secret
from support.receivers import mail_server, slack_webhook
from support.rule_tests import impatient_rules
from support.servers import alertmanager, free_port, prometheus, stop
from support.stack import ALIGNWATCH
from support.waiting import wait_until

RENDER_REPORT = Path(sys.executable).with_name("render-report")
UNREACHABLE = "The repository app cannot be read"


class Site:
    """An exporter of ours, with Prometheus and Alertmanager that work by what we render."""

    def __init__(self, folder: Path, repository: Path, smarthost: str, slack: str) -> None:
        self.folder = folder
        self.exporter = f"127.0.0.1:{free_port()}"
        self.config = folder / "alignwatch.yaml"
        self.document: dict[str, Any] = {
            "state_dir": str(folder / "state"),
            "monitoring": {"health_check_interval_seconds": 1},
            "repositories": [{"path": str(repository), "name": "app"}],
            "web": {"listen_addresses": [self.exporter]},
            # By default its window holds alerts back from two to four at night.
            "maintenance": {"enabled": False},
            "alerts": {
                "channels": ["email", "slack"] if slack else ["email"],
                "email": {"to": ["night@example.invalid"], "smarthost": smarthost, "require_tls": False},
                "slack": {"api_url_file": secret(folder, "slack", slack) if slack else None},
                "audit": {"token_file": secret(folder, "token", TOKEN)},
            },
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        self.write()
        settings = load_settings(self.config, self.folder)
        served = [*ALIGNWATCH, "serve", f"--config={self.config}"]
        with (
            alertmanager(self.folder / "alertmanager", impatient_alertmanager_yml(settings)) as told,
            subprocess.Popen(served, stderr=subprocess.DEVNULL) as process,
        ):
            prometheus_yml = render_prometheus(
                settings,
                exporter=self.exporter,
                alertmanager=told.url.removeprefix("http://"),
                prometheus=None,
                rules=impatient_rules(self.folder / "rules"),
                scrape_interval_seconds=1,
            )
            # What fires before it has found Alertmanager is lost until it is sent again.
            resend = "--rules.alert.resend-delay=1s"
            with prometheus(self.folder / "prometheus", prometheus_yml, arguments=[resend]) as asked:
                self.document["report"] = {
                    "prometheus": {"url": asked.url},
                    "alertmanager": {"url": told.url},
                }
                self.write()
                try:
                    wait_until(lambda: "AlignmentWatchdog" in self._fired(asked.url), "the first evaluation")
                    yield
                finally:
                    stop(process)

    def report(self) -> dict[str, str]:
        """The status of each alert in the report, by its message; none until there can be a report."""
        command = [str(RENDER_REPORT), f"--config={self.config}", "--window=10m"]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        if done.returncode:
            return {}
        return {one["message"]: one["status"] for one in json.loads(done.stdout)["alerts_generated"]}

    def page(self) -> str:
        """The exporter's metrics; empty until there are any."""
        with suppress(URLError), urllib.request.urlopen(f"http://{self.exporter}/metrics") as answer:
            return str(answer.read().decode())
        return ""

    def write(self) -> None:
        self.config.write_text(yaml.safe_dump(self.document))

    def _fired(self, url: str) -> str:
        with urllib.request.urlopen(f"{url}/api/v1/alerts", timeout=10) as answer:
            return str(answer.read())


@pytest.fixture
def away(repository: Path) -> Path:
    """Where the repository can be moved to, so that it cannot be read."""
    return repository.with_name("away")


def test_a_broken_repository_is_told_and_the_report_says_so(
    tmp_path: Path, repository: Path, away: Path
) -> None:
    with mail_server() as mail, slack_webhook() as slack:

        def subjects() -> list[str]:
            return [str(message["Subject"]) for message in mail.messages]

        def titles() -> list[str]:
            return [message["attachments"][0]["title"] for message in slack.messages]

        site = Site(tmp_path, repository, mail.address, slack.url)
        with site.running():
            wait_until(
                lambda: 'alignment_repository_health{repository="app"' in site.page(), "the repository"
            )
            repository.rename(away)
            wait_until(lambda: f"[critical] {UNREACHABLE}" in subjects(), "the mail")
            wait_until(lambda: site.report().get(UNREACHABLE) == "sent", "the report")
            wait_until(lambda: "[critical] AlignmentRepositoryUnreachable in app" in titles(), "Slack")
            told = re.compile(r'^alignment_audit_notifications_total\{status="firing"\} [1-9]', re.M)
            wait_until(lambda: told.search(site.page()) is not None, "the count")

            away.rename(repository)
            wait_until(lambda: f"[resolved] {UNREACHABLE}" in subjects(), "the end")


def test_what_no_mail_server_took_has_failed(tmp_path: Path, repository: Path, away: Path) -> None:
    site = Site(tmp_path, repository, f"127.0.0.1:{free_port()}", "")
    with site.running():
        wait_until(lambda: 'alignment_repository_health{repository="app"' in site.page(), "the repository")
        repository.rename(away)
        wait_until(lambda: site.report().get(UNREACHABLE) == "failed", "the report")


def test_a_new_token_holds_from_the_reload_on_and_a_bad_one_is_refused(
    tmp_path: Path, repository: Path
) -> None:
    site = Site(tmp_path, repository, "127.0.0.1:25", "")
    site.write()
    served = [*ALIGNWATCH, "serve", f"--config={site.config}"]
    notification = {"receiver": "people", "status": "firing", "alerts": []}

    def answers(token: str, status: int) -> bool:
        request = urllib.request.Request(
            f"http://{site.exporter}/api/v1/audit",
            data=json.dumps(notification).encode(),
            headers={"Authorization": f"Bearer {token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return bool(answer.status == status)
        except HTTPError as error:
            return error.code == status
        except URLError:
            return False

    with (tmp_path / "log").open("w") as log, subprocess.Popen(served, stderr=log) as process:
        try:
            wait_until(lambda: answers(TOKEN, 200), "the exporter")
            (tmp_path / "token").chmod(0o644)
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: "configuration refused" in (tmp_path / "log").read_text(), "the refusal")
            assert answers(TOKEN, 200)
            secret(tmp_path, "token", "another")
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: answers("another", 200), "the new token")
            assert answers(TOKEN, 401)
            counted = 'alignment_audit_notifications_total{status="firing"} 3'
            wait_until(lambda: counted in site.page(), "the count")
        finally:
            stop(process)
    said = (tmp_path / "log").read_text()
    assert "alerts.audit.token_file: every user can read" in said
    assert TOKEN not in said
    assert "another" not in said


def test_a_token_that_everybody_reads_is_refused(tmp_path: Path, repository: Path) -> None:
    site = Site(tmp_path, repository, "127.0.0.1:25", "")
    (tmp_path / "token").chmod(0o644)
    site.write()
    served = [*ALIGNWATCH, "serve", f"--config={site.config}"]
    done = subprocess.run(served, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "alerts.audit.token_file: every user can read" in done.stderr
    assert TOKEN not in done.stderr
