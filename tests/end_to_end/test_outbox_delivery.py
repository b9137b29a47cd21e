"""Alerts raised while Alertmanager is away reach people once, whatever happens to the exporter."""

import http.client
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support import servers
from support.far_end import Answer, Request, far_end
from support.journals import query
from support.receivers import slack_webhook
from support.servers import free_port
from support.tracked import environment, journal_file
from support.waiting import wait_until

PROCESSES, ALERTS, KILLS = 4, 40, 3

WORKER = """
import sys
from alignwatch.alerting import send_alert

config, worker, alerts = sys.argv[1:]
for number in range(int(alerts)):
    result = send_alert(
        name=f"AlignmentW{worker}N{number}", severity="info", message="m", active_seconds=86400, config=config
    )
    assert result.status == "queued", result
"""

ROUTES = """
route: {{receiver: slack, group_by: ['...'], group_wait: 0s, group_interval: 1s}}
receivers:
  - name: slack
    slack_configs:
      - {{api_url: '{url}', channel: all, title: '{{{{ .CommonLabels.alertname }}}}', send_resolved: false}}
"""


class Exporter:
    """An exporter that is killed with -9 and started again."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self._address = f"127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--config", str(self._config), "--web.listen-address", self._address]
        # What is killed cannot tell which lines it ran.
        bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        with self._config.with_suffix(".log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "alignwatch", "serve", *options], stderr=log, env=bare
            )

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def shows(self, line: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self._address}/metrics", timeout=10) as answer:
                return line in answer.read().decode().splitlines()
        except (OSError, http.client.HTTPException):  # It may be killed in the middle of its page.
            return False


@contextmanager
def deadly_way(alertmanager: str, exporter: Exporter) -> Iterator[str]:
    """An address that leads to Alertmanager; the exporter dies before it hears that its alerts were taken."""
    kills = 0

    def forward(request: Request) -> Answer:
        nonlocal kills
        url = alertmanager + request.path
        headers = {"Content-Type": "application/json"}
        sent = urllib.request.Request(url, request.body or None, headers, method=request.method)
        with urllib.request.urlopen(sent, timeout=10) as answer:
            body = answer.read()
        if kills < KILLS:
            kills += 1
            exporter.kill()
            exporter.start()
        return Answer(body)

    with far_end(forward) as way:
        yield way.url
    assert kills == KILLS


def configuration(file: Path, repository: Path, alertmanager: str) -> Path:
    file.write_text(
        f"state_dir: {journal_file().parent}\n"
        f"report: {{alertmanager: {{url: '{alertmanager}'}}}}\n"
        f"repositories: [{{path: {repository}}}]\n"
    )
    return file


def test_what_four_processes_raise_is_told_once(repository: Path, tmp_path: Path) -> None:
    away = configuration(tmp_path / "away.yaml", repository, f"http://127.0.0.1:{free_port()}")
    command = [sys.executable, "-c", WORKER, str(away)]
    workers = [
        subprocess.Popen([*command, str(number), str(ALERTS)], env=environment())
        for number in range(PROCESSES)
    ]
    assert [worker.wait() for worker in workers] == [0] * PROCESSES
    raised = {f"AlignmentW{worker}N{number}" for worker in range(PROCESSES) for number in range(ALERTS)}
    assert query(journal_file(), "SELECT count(*) FROM outbox") == [len(raised)]

    exporter = Exporter(tmp_path / "back.yaml")
    with (
        slack_webhook() as slack,
        servers.alertmanager(tmp_path / "alertmanager", ROUTES.format(url=slack.url)) as alertmanager,
        deadly_way(alertmanager.url, exporter) as way,
    ):
        configuration(tmp_path / "back.yaml", repository, way)
        exporter.start()
        try:
            sent = f'alignment_outbox_alerts_total{{outcome="sent"}} {len(raised):.1f}'
            wait_until(lambda: exporter.shows(sent), "all alerts to be counted as sent")
            assert exporter.shows("alignment_outbox_waiting_alerts 0.0")
            wait_until(lambda: len(slack.messages) >= len(raised), "all messages")
            assert query(journal_file(), "SELECT count(*) FROM outbox") == [0]
            time.sleep(1.5)  # What is told twice is told at the group's next turn.
        finally:
            exporter.kill()
    counts = Counter(message["attachments"][0]["title"] for message in slack.messages)
    assert counts == Counter(raised)
