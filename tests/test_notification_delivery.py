"""Alerts on their whole way: a real Alertmanager, a mail server and a Slack webhook."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alignwatch.assets import asset
from alignwatch.rendering import render_alertmanager
from support.notifications import reachable_settings
from support.receivers import Mailbox, SlackChannel, mail_server, slack_webhook
from support.servers import alertmanager, get_json, post_json, wait_until

INSTANCE = "127.0.0.1:9847"


@dataclass(frozen=True)
class World:
    url: str
    mail: Mailbox
    slack: SlackChannel

    def fire(self, name: str, severity: str, **labels: str) -> None:
        self._post(name, severity, labels, {})

    def resolve(self, name: str, severity: str, **labels: str) -> None:
        self._post(name, severity, labels, {"endsAt": datetime.now(UTC).isoformat()})

    def _post(self, name: str, severity: str, labels: dict[str, str], times: dict[str, str]) -> None:
        labels = {"alertname": name, "severity": severity, "instance": INSTANCE} | labels
        annotations = {
            "summary": f"{name} on {labels['instance']}",
            "description": "It is 7, threshold 5.",
            "runbook_url": f"https://runbook.invalid/#{name.lower()}",
            "dashboard_url": "https://dashboard.invalid/",
        }
        post_json(f"{self.url}/api/v2/alerts", [{"labels": labels, "annotations": annotations} | times])

    def states(self) -> dict[str, str]:
        """The state of each alert, by name and instance."""
        return {
            f"{one['labels']['alertname']} {one['labels']['instance']}": one["status"]["state"]
            for one in get_json(f"{self.url}/api/v2/alerts")
        }

    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.mail.messages]

    def wait_for(self, subject: str) -> None:
        """Returns when the mail has come and Slack knows as much."""
        wait_until(lambda: subject in self.subjects(), f"the mail {subject!r}")
        wait_until(lambda: len(self.slack.messages) == len(self.mail.messages), "Slack")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with mail_server() as mail, slack_webhook() as slack:
        settings = reachable_settings(tmp_path, smarthost=mail.address, webhook=slack.url)
        config = render_alertmanager(settings, templates=asset("alertmanager", "templates")).text
        # Nobody wants to wait for company here.
        config = re.sub(r"group_wait: \w+", "group_wait: 0s", config)
        config = re.sub(r"group_interval: \w+", "group_interval: 1s", config)
        with alertmanager(tmp_path / "alertmanager", config) as server:
            yield World(server.url, mail, slack)


def test_mail_and_slack_tell_of_an_alert_and_of_its_end(world: World) -> None:
    subject = f"AlignmentRepositoryCorrupt on {INSTANCE}"
    world.fire("AlignmentRepositoryCorrupt", "critical", repository="app")
    world.wait_for(f"[critical] {subject}")
    assert ("alignwatch", "open sesame") in world.mail.logins
    (mail,) = world.mail.messages
    assert mail["To"] == "night@example.invalid, day@example.invalid"
    text, html = mail.get_body(["plain"]), mail.get_body(["html"])
    assert text is not None
    assert html is not None
    for body in (text, html):
        assert "It is 7, threshold 5." in body.get_content()
        assert "https://runbook.invalid/#alignmentrepositorycorrupt" in body.get_content()
    (message,) = world.slack.messages
    assert message["channel"] == "#alignment"
    (attachment,) = message["attachments"]
    assert attachment["title"] == "[critical] AlignmentRepositoryCorrupt in app"
    assert attachment["color"] == "danger"
    assert "It is 7, threshold 5." in attachment["text"]

    world.resolve("AlignmentRepositoryCorrupt", "critical", repository="app")
    world.wait_for(f"[resolved] {subject}")
    assert world.slack.messages[-1]["attachments"][0]["color"] == "good"


def test_maintenance_holds_back_its_own_exporter_and_not_the_switch(world: World) -> None:
    other = "127.0.0.1:9999"
    world.fire("AlignmentMaintenanceActive", "none")
    wait_until(lambda: f"AlignmentMaintenanceActive {INSTANCE}" in world.states(), "the window")
    world.fire("AlignmentHostCpuHigh", "warning")
    world.fire("AlignmentHostMemoryHigh", "critical")
    world.fire("AlignmentWatchdog", "none")
    world.fire("AlignmentHostCpuHigh", "warning", instance=other)
    world.wait_for(f"[warning] AlignmentHostCpuHigh on {other}")
    assert world.states() == {
        f"AlignmentMaintenanceActive {INSTANCE}": "active",
        f"AlignmentHostCpuHigh {INSTANCE}": "suppressed",
        f"AlignmentHostMemoryHigh {INSTANCE}": "suppressed",
        f"AlignmentWatchdog {INSTANCE}": "active",
        f"AlignmentHostCpuHigh {other}": "active",
    }
    assert world.subjects() == [f"[warning] AlignmentHostCpuHigh on {other}"]

    world.resolve("AlignmentMaintenanceActive", "none")
    world.wait_for(f"[critical] AlignmentHostMemoryHigh on {INSTANCE}")


@pytest.mark.parametrize(
    ("source", "hidden", "shown"),
    [
        (
            ("AlignmentHostDiskSpaceLow", "critical", {"mountpoint": "/srv"}),
            ("AlignmentHostDiskSpaceLow", "warning", {"mountpoint": "/srv"}),
            ("AlignmentHostDiskSpaceLow", "warning", {"mountpoint": "/"}),
        ),
        (
            ("AlignmentOperationSlow", "warning", {"repository": "app", "operation": "rebase"}),
            ("AlignmentOperationSlow", "info", {"repository": "app", "operation": "rebase"}),
            ("AlignmentOperationSlow", "info", {"repository": "app", "operation": "merge"}),
        ),
        (
            ("AlignmentExporterDown", "critical", {}),
            ("AlignmentOperationFailureRatioHigh", "warning", {"repository": "app"}),
            ("AlignmentOperationFailureRatioHigh", "warning", {"instance": "b:9847"}),
        ),
        (
            ("AlignmentRepositoryUnreachable", "critical", {"repository": "app"}),
            ("AlignmentProbeFailing", "warning", {"repository": "app", "probe": "divergence"}),
            ("AlignmentProbeFailing", "warning", {"repository": "web", "probe": "divergence"}),
        ),
        (
            ("AlignmentRepositoryLockOld", "warning", {"repository": "app", "kind": "index"}),
            ("AlignmentRepositoryDegraded", "warning", {"repository": "app"}),
            ("AlignmentRepositoryDegraded", "warning", {"repository": "web"}),
        ),
        (
            ("AlignmentOperationStuck", "warning", {"repository": "app", "state": "stuck"}),
            ("AlignmentOperationInFlightLong", "warning", {"repository": "app", "operation": "align"}),
            ("AlignmentOperationInFlightLong", "warning", {"repository": "web", "operation": "align"}),
        ),
    ],
)
def test_one_fault_is_one_message(
    world: World,
    source: tuple[str, str, dict[str, str]],
    hidden: tuple[str, str, dict[str, str]],
    shown: tuple[str, str, dict[str, str]],
) -> None:
    for name, severity, labels in (source, hidden, shown):
        world.fire(name, severity, **labels)
    wait_until(lambda: len(get_json(f"{world.url}/api/v2/alerts")) == 3, "three alerts")
    suppressed = [
        (one["labels"]["alertname"], one["labels"]["severity"])
        for one in get_json(f"{world.url}/api/v2/alerts")
        if one["status"]["state"] == "suppressed"
    ]
    assert suppressed == [hidden[:2]]
