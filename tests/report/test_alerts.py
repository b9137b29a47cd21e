import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alignwatch.report.alerts import alert_stories
from alignwatch.report.prometheus import Prometheus
from alignwatch.report.schema import GeneratedAlert
from alignwatch.report.sources import Sources
from alignwatch.report.window import Window
from alignwatch.servers.alertmanager import Alertmanager
from alignwatch.servers.exporter import Exporter
from alignwatch.servers.http import Client
from alignwatch.settings import Server
from support import servers
from support.far_end import Answer, far_end
from support.history import History
from support.reports import prometheus_holding
from support.waiting import wait_until

END = 1_768_219_200
HOUR = Window(END - 3600, END)
STEP = 15
START = END - 3600

RULES = """
groups:
  - name: alignment
    interval: 1s
    rules:
      - alert: AlignmentHostDiskFull
        expr: vector(0.93)
        labels: {severity: warning, mountpoint: /srv}
        annotations: {summary: 'Disk /srv is {{ $value | humanizePercentage }} full.'}
      - alert: AlignmentOperationSlow
        expr: vector(1)
        labels: {severity: warning, repository: '<script>"'}
      - alert: AlignmentPendingOnly
        expr: vector(1)
        for: 1h
        labels: {severity: critical}
      - alert: AlignmentWatchdog
        expr: vector(1)
        labels: {severity: none}
      - alert: SomebodyElses
        expr: vector(1)
        labels: {severity: critical}
"""

ROUTES = """
route: {receiver: nobody, group_wait: 0s}
receivers: [{name: nobody}]
inhibit_rules:
  - source_matchers: ['alertname="AlignmentWatchdog"']
    target_matchers: ['alertname="AlignmentOperationSlow"']
"""


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    with servers.alertmanager(tmp_path_factory.mktemp("alertmanager"), ROUTES) as server:
        yield server


def client(name: str, url: str) -> Client:
    return Client(name, f"report.{name.lower()}", url, Server(), 10)


def alert_history(*spans: tuple[int, int, int | None], **labels: str) -> History:
    """An alert that was active from one scrape to another, and fired from a third on."""
    history = History(END, STEP, exporter={})
    for since, until, firing in spans:
        scrapes = range(max(since, 0), until)
        active = [(START + STEP * scrape, START + STEP * since) for scrape in scrapes]
        history.at("ALERTS_FOR_STATE", active, **labels)
        for scrape in scrapes:
            state = "firing" if firing is not None and scrape >= firing else "pending"
            history.at("ALERTS", [(START + STEP * scrape, 1)], alertstate=state, **labels)
    return history


def alerts_of(sources: Sources, window: Window = HOUR) -> list[GeneratedAlert]:
    return [story.generated for story in alert_stories(sources, window)]


def generated(folder: Path, *histories: History, alertmanager: str) -> list[GeneratedAlert]:
    with (
        prometheus_holding(folder, *histories) as prometheus,
        client("Alertmanager", alertmanager) as held,
    ):
        return alerts_of(Sources(prometheus, Alertmanager(held), None, pytest.fail))


def test_each_activation_that_fired_with_its_true_start(tmp_path: Path, alertmanager: servers.Server) -> None:
    found = generated(
        tmp_path,
        alert_history(
            (-200, 20, -180), (40, 60, 50), (80, 90, None), alertname="AlignmentA", severity="warning"
        ),
        alert_history(
            (40, 70, 45), alertname="AlignmentB", severity="critical", repository="app", instance="x"
        ),
        alert_history((10, 240, None), alertname="AlignmentPendingOnly", severity="warning"),
        alert_history((0, 241, 0), alertname="AlignmentWatchdog", severity="none"),
        alert_history((0, 241, 0), alertname="SomebodyElses", severity="critical"),
        alert_history((50, 60, 50), alertname="AlignmentC"),
        alertmanager=alertmanager.url,
    )
    assert [(one.alert_id, one.severity, one.message, one.timestamp, one.status) for one in found] == [
        ("alert-20260112-101000-001", "warning", "AlignmentA", "2026-01-12T10:10:00Z", "unknown"),
        ("alert-20260112-111000-001", "warning", "AlignmentA", "2026-01-12T11:10:00Z", "unknown"),
        (
            "alert-20260112-111000-002",
            "critical",
            "AlignmentB (instance=x, repository=app)",
            "2026-01-12T11:10:00Z",
            "unknown",
        ),
        ("alert-20260112-111230-001", "unknown", "AlignmentC", "2026-01-12T11:12:30Z", "unknown"),
    ]


def test_starts_that_no_calendar_has_are_left_out(tmp_path: Path, alertmanager: servers.Server) -> None:
    history = History(END, STEP, exporter={})
    for name, start in {"AlignmentA": 1e18, "AlignmentB": -1.0}.items():
        history.at("ALERTS_FOR_STATE", [(END, start)], alertname=name)
        history.at("ALERTS", [(END, 1)], alertname=name, alertstate="firing")
    assert generated(tmp_path, history, alertmanager=alertmanager.url) == []


def test_suppressed_is_what_alertmanager_holds_back_of_the_newest_activation(
    tmp_path: Path, alertmanager: servers.Server
) -> None:
    ours = {"severity": "warning", "repository": "app"}
    begun = datetime.fromtimestamp(START + STEP * 210, UTC)
    later = datetime.fromtimestamp(END, UTC) + timedelta(days=1)
    now = datetime.now(UTC)
    servers.post_json(
        f"{alertmanager.url}/api/v2/alerts",
        [
            {
                "labels": {"alertname": name, "cluster": "added on the way", **ours},
                "annotations": {"summary": f"{name} tells"},
                "startsAt": starts.isoformat(),
                "endsAt": (now + timedelta(hours=1)).isoformat(),
            }
            for name, starts in {
                "AlignmentS": begun,
                "AlignmentActive": begun,
                "AlignmentLater": later,
            }.items()
        ],
    )
    silence(alertmanager.url, "alertname", "AlignmentS|AlignmentLater")
    wait_for_states(alertmanager.url, {"AlignmentS": "suppressed", "AlignmentLater": "suppressed"})
    spans = [(20, 60, 30), (200, 241, 210)]
    found = generated(
        tmp_path,
        *(
            alert_history(*spans, alertname=name, **ours)
            for name in ("AlignmentS", "AlignmentActive", "AlignmentLater")
        ),
        alertmanager=alertmanager.url,
    )
    assert {(one.timestamp, one.message, one.status) for one in found} == {
        ("2026-01-12T11:05:00Z", "AlignmentActive (repository=app)", "unknown"),
        ("2026-01-12T11:05:00Z", "AlignmentLater (repository=app)", "unknown"),
        ("2026-01-12T11:05:00Z", "AlignmentS (repository=app)", "unknown"),
        ("2026-01-12T11:50:00Z", "AlignmentActive tells", "unknown"),
        ("2026-01-12T11:50:00Z", "AlignmentLater (repository=app)", "unknown"),
        ("2026-01-12T11:50:00Z", "AlignmentS tells", "suppressed"),
    }


def test_rules_that_fire_for_real(tmp_path: Path, alertmanager: servers.Server) -> None:
    (tmp_path / "rules.yml").write_text(RULES)
    config = (
        "global: {scrape_interval: 1s, evaluation_interval: 1s, external_labels: {cluster: c}}\n"
        f"rule_files: [{tmp_path / 'rules.yml'}]\n"
        "alerting: {alertmanagers: [{static_configs: "
        f"[{{targets: ['{alertmanager.url.removeprefix('http://')}']}}]}}]}}\n"
    )
    began = time.time()
    with (
        servers.prometheus(
            tmp_path / "prometheus",
            config,
            # It knows no Alertmanager in its first five seconds, and would say it again after a minute;
            # what it does not say again within four times the delay has ended.
            arguments=["--rules.alert.resend-delay=5s"],
        ) as server,
        client("Prometheus", server.url) as asked,
        client("Alertmanager", alertmanager.url) as held,
    ):
        wait_for_states(
            alertmanager.url, {"AlignmentHostDiskFull": "active", "AlignmentOperationSlow": "suppressed"}
        )
        now = time.time()
        sources = Sources(Prometheus(asked, pytest.fail), Alertmanager(held), None, pytest.fail)
        found = alerts_of(sources, Window(now - 60, now))
    assert [(one.severity, one.message, one.status) for one in found] == [
        ("warning", "Disk /srv is 93% full.", "unknown"),
        ("warning", 'AlignmentOperationSlow (repository=<script>")', "suppressed"),
    ]
    assert all(began - 1 <= datetime.fromisoformat(one.timestamp).timestamp() <= now for one in found)


def test_without_alertmanager_the_status_is_unknown_and_a_warning_says_so(
    tmp_path: Path, nowhere: str
) -> None:
    history = alert_history((10, 20, 10), alertname="AlignmentA", severity="warning")
    warnings: list[str] = []
    with prometheus_holding(tmp_path, history) as prometheus, client("Alertmanager", nowhere) as held:
        (found,) = alerts_of(Sources(prometheus, Alertmanager(held), None, warnings.append))
    assert found.status == "unknown"
    assert warnings == [
        f"what became of the alerts is unknown: Alertmanager at {nowhere} cannot be reached "
        "(Connection refused); is it running, and is this its address?"
    ]


@pytest.mark.parametrize("complete", [True, False])
def test_what_the_exporter_has_recorded_is_sent(
    tmp_path: Path, alertmanager: servers.Server, complete: bool
) -> None:
    began = START + STEP * 40
    recorded = {
        "receiver": "people",
        "status": "firing",
        "labels": {"alertname": "AlignmentA", "severity": "warning", "cluster": "c"},
        "starts_at": began + 150.5,
        "ends_at": None,
        "first_sent": began + 180.25,
        "last_sent": began + 180.25,
        "times": 1,
    }
    answer = Answer(json.dumps({"complete": complete, "deliveries": [recorded]}).encode())
    history = alert_history((10, 20, 10), (40, 60, 50), alertname="AlignmentA", severity="warning")
    warnings: list[str] = []
    with (
        prometheus_holding(tmp_path, history) as prometheus,
        client("Alertmanager", alertmanager.url) as held,
        far_end(lambda _: answer) as exporter,
        client("exporter", exporter.url) as asked,
    ):
        found = alerts_of(Sources(prometheus, Alertmanager(held), Exporter(asked), warnings.append))
    assert [one.status for one in found] == ["unknown", "sent"]
    (request,) = exporter.requests
    assert request.path == "/api/v1/deliveries"
    assert float(request.query["since"]) == START + STEP * 10
    said = "what became of the alerts is known in part: the exporter tells the newest 1 deliveries only"
    assert warnings == ([] if complete else [said])


@pytest.mark.parametrize("status", [404, 500])
def test_an_exporter_that_tells_nothing_is_a_warning(
    tmp_path: Path, alertmanager: servers.Server, status: int
) -> None:
    history = alert_history((10, 20, 10), alertname="AlignmentA", severity="warning")
    warnings: list[str] = []
    with (
        prometheus_holding(tmp_path, history) as prometheus,
        client("Alertmanager", alertmanager.url) as held,
        far_end(lambda _: Answer(status=status)) as exporter,
        client("exporter", exporter.url) as asked,
    ):
        (found,) = alerts_of(Sources(prometheus, Alertmanager(held), Exporter(asked), warnings.append))
    assert found.status == "unknown"
    (said,) = warnings
    assert said.startswith("what became of the alerts is known in part: exporter at http://127.0.0.1:")
    assert said.endswith("records nothing; set alerts.audit up there" if status == 404 else "HTTP 500")


def silence(url: str, label: str, pattern: str) -> None:
    now = datetime.now(UTC)
    servers.post_json(
        f"{url}/api/v2/silences",
        {
            "matchers": [{"name": label, "value": pattern, "isRegex": True, "isEqual": True}],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "test",
            "comment": "test",
        },
    )


def wait_for_states(url: str, wanted: dict[str, str]) -> None:
    def reached() -> bool:
        alerts = servers.get_json(f"{url}/api/v2/alerts")
        states = {one["labels"]["alertname"]: one["status"]["state"] for one in alerts}
        return wanted.items() <= states.items()

    wait_until(reached, f"Alertmanager to say {wanted}")
