"""Alerts on their whole way: a real Alertmanager, a mail server, Slack webhooks and the exporter's audit."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from alignwatch.settings import Audit, Settings
from support.journals import change
from support.notifications import (
    TOKEN,
    audited,
    fully_reachable_settings,
    impatient_alertmanager_yml,
    noted,
    reachable_settings,
    secret,
)
from support.receivers import Mailbox, SlackChannel, mail_server, slack_webhook
from support.servers import Server, alertmanager, get_json, post_json
from support.waiting import wait_until

INSTANCE = "127.0.0.1:9847"
PEOPLE = "night@example.invalid, day@example.invalid"
MANAGER = "manager@example.invalid"
SECRETS = (TOKEN, "open sesame", "services/T0")


@dataclass
class World:
    settings: Settings
    folder: Path
    mail: Mailbox
    slack: SlackChannel
    incidents: SlackChannel
    exporter: str
    server: Server | None = None

    @contextmanager
    def alerting(self, group_wait: str = "0s") -> Iterator[None]:
        """Runs Alertmanager; a second time it goes on with what it knew."""
        with alertmanager(
            self.folder / "alertmanager", impatient_alertmanager_yml(self.settings, group_wait)
        ) as server:
            self.server = server
            yield

    @property
    def url(self) -> str:
        assert self.server is not None
        return self.server.url

    def alert(self, name: str, severity: str, **labels: str) -> dict[str, Any]:
        labels = {"alertname": name, "severity": severity, "instance": INSTANCE} | labels
        annotations = {
            "summary": f"{name} on {labels['instance']}",
            "description": "It is 7, threshold 5.",
            "runbook_url": f"https://runbook.invalid/#{name.lower()}",
            "dashboard_url": "https://dashboard.invalid/",
        }
        return {"labels": labels, "annotations": annotations}

    def post(self, *alerts: dict[str, Any]) -> None:
        post_json(f"{self.url}/api/v2/alerts", alerts)

    def fire(self, name: str, severity: str, **labels: str) -> None:
        self.post(self.alert(name, severity, **labels))

    def resolve(self, *alerts: dict[str, Any]) -> None:
        now = datetime.now(UTC).isoformat()
        self.post(*(alert | {"endsAt": now} for alert in alerts))

    def states(self) -> dict[str, str]:
        """The state of each alert, by name and instance."""
        return {
            f"{one['labels']['alertname']} {one['labels']['instance']}": one["status"]["state"]
            for one in get_json(f"{self.url}/api/v2/alerts")
        }

    def subjects(self, to: str = PEOPLE) -> list[str]:
        return [str(message["Subject"]) for message in self.mail.messages if message["To"] == to]

    def wait_for(self, subject: str, to: str = PEOPLE) -> None:
        """Returns when the mail has come and Slack knows as much."""
        slack = self.slack if to == PEOPLE else self.incidents
        wait_until(lambda: subject in self.subjects(to), f"the mail {subject!r} to {to}")
        wait_until(lambda: len(slack.messages) == len(self.subjects(to)), "Slack")

    def recorded(self) -> Counter[tuple[str, str, str]]:
        """How often the audit was told what: receiver, status, name."""
        counts: Counter[tuple[str, str, str]] = Counter()
        for one in get_json(f"{self.exporter}/api/v1/deliveries")["deliveries"]:
            counts[one["receiver"], one["status"], one["labels"]["alertname"]] += one["times"]
        return counts

    def silence(self, **matchers: str) -> None:
        now = datetime.now(UTC)
        silence = {
            "matchers": [
                {"name": name, "value": value, "isRegex": False, "isEqual": True}
                for name, value in matchers.items()
            ],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "night shift",
            "comment": "seen",
        }
        post_json(f"{self.url}/api/v2/silences", silence)


@pytest.fixture
def quiet_world(tmp_path: Path) -> Iterator[World]:
    """Everything but Alertmanager."""
    with (
        mail_server() as mail,
        slack_webhook() as slack,
        slack_webhook() as incidents,
        audited(tmp_path) as site,
    ):
        settings = fully_reachable_settings(
            tmp_path,
            smarthost=mail.address,
            webhook=slack.url,
            incidents=incidents.url,
            exporter=site.addresses[0],
        )
        yield World(settings, tmp_path, mail, slack, incidents, site.addresses[0])


@pytest.fixture
def world(quiet_world: World) -> Iterator[World]:
    with quiet_world.alerting():
        yield quiet_world


def test_mail_and_slack_tell_of_an_alert_and_of_its_end(world: World) -> None:
    alert = world.alert("AlignmentRepositoryCorrupt", "critical", repository="app")
    subject = f"AlignmentRepositoryCorrupt on {INSTANCE}"
    world.post(alert)
    world.wait_for(f"[critical] {subject}")
    assert ("alignwatch", "open sesame") in world.mail.logins
    mail = next(message for message in world.mail.messages if message["To"] == PEOPLE)
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = mail.get_body(["plain"]), mail.get_body(["html"])
    assert text is not None
    assert html is not None
    for body in (text, html):
        assert "It is 7, threshold 5." in body.get_content()
        assert "https://runbook.invalid/#alignmentrepositorycorrupt" in body.get_content()
        assert "/#/silences/new?filter=" in body.get_content()
    (message,) = world.slack.messages
    assert message["channel"] == "#alignment"
    (attachment,) = message["attachments"]
    assert attachment["title"] == "[critical] AlignmentRepositoryCorrupt in app"
    assert attachment["color"] == "danger"
    assert "It is 7, threshold 5." in attachment["text"]

    world.resolve(alert)
    world.wait_for(f"[resolved] {subject}")
    assert world.slack.messages[-1]["attachments"][0]["color"] == "good"


def test_a_warning_that_becomes_critical_reaches_the_escalation_and_is_resolved_once(world: World) -> None:
    warning = world.alert("AlignmentHostDiskSpaceLow", "warning", mountpoint="/srv")
    critical = world.alert("AlignmentHostDiskSpaceLow", "critical", mountpoint="/srv")
    name = f"AlignmentHostDiskSpaceLow on {INSTANCE}"
    world.post(warning)
    world.wait_for(f"[warning] {name}")
    assert world.subjects(MANAGER) == []

    world.post(critical)
    world.wait_for(f"[critical] {name}")
    world.wait_for(f"[critical] {name}", MANAGER)
    assert world.slack.messages[-1]["attachments"][0]["color"] == "danger"
    assert world.incidents.messages[-1]["channel"] == "#incidents"
    by_severity = {
        one["labels"]["severity"]: one["status"]["state"] for one in get_json(f"{world.url}/api/v2/alerts")
    }
    assert by_severity == {"warning": "suppressed", "critical": "active"}

    world.resolve(warning, critical)
    world.wait_for(f"[resolved] {name}", MANAGER)
    wait_until(lambda: world.subjects()[-1].startswith("[resolved]"), "the end")
    assert len([subject for subject in world.subjects() if subject.startswith("[resolved]")]) == 1


def test_a_silence_of_a_warning_stops_its_escalation(world: World) -> None:
    world.fire("AlignmentProbeFailing", "warning", repository="app", probe="forecast")
    world.wait_for(f"[warning] AlignmentProbeFailing on {INSTANCE}")
    # As the link in the message has it: everything but the severity.
    world.silence(alertname="AlignmentProbeFailing", instance=INSTANCE, repository="app", probe="forecast")
    world.fire("AlignmentProbeFailing", "critical", repository="app", probe="forecast")
    world.fire("AlignmentProbeFailing", "critical", repository="web", probe="forecast")
    world.wait_for(f"[critical] AlignmentProbeFailing on {INSTANCE}", MANAGER)
    (mail,) = (message for message in world.mail.messages if message["To"] == MANAGER)
    assert "repository app" not in mail.as_string()
    wait_until(lambda: world.recorded().total() == 3, "the audit")
    told = get_json(f"{world.exporter}/api/v1/deliveries")["deliveries"]
    assert {one["labels"]["repository"] for one in told if one["labels"]["severity"] == "critical"} == {"web"}


def test_three_hundred_alerts_of_one_fault_are_one_message(quiet_world: World) -> None:
    with quiet_world.alerting(group_wait="2s"):
        quiet_world.post(
            *(
                quiet_world.alert("AlignmentProbeFailing", "warning", repository=f"r{number}", probe="refs")
                for number in range(300)
            )
        )
        quiet_world.wait_for(f"[warning] AlignmentProbeFailing on {INSTANCE} (300)")
        wait_until(lambda: quiet_world.recorded().total() == 300, "the audit")
        (mail,) = quiet_world.mail.messages
        assert len(mail.as_bytes()) < 100_000
        assert quiet_world.recorded() == {("people", "firing", "AlignmentProbeFailing"): 300}


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
    # Harm that is done meanwhile is told at once.
    world.fire("AlignmentPrimaryDamaged", "warning", repository="app")
    world.wait_for(f"[warning] AlignmentPrimaryDamaged on {INSTANCE}")

    world.resolve(world.alert("AlignmentMaintenanceActive", "none"))
    world.wait_for(f"[critical] AlignmentHostMemoryHigh on {INSTANCE}")


def test_maintenance_of_a_repository_holds_back_that_one(world: World) -> None:
    world.fire("AlignmentRepositoryMaintenanceActive", "none", repository="app")
    wait_until(lambda: len(world.states()) == 1, "the window")
    world.fire("AlignmentRepositoryDegraded", "warning", repository="app")
    world.fire("AlignmentRepositoryCorrupt", "critical", repository="web")
    world.wait_for(f"[critical] AlignmentRepositoryCorrupt on {INSTANCE}")
    assert world.states()[f"AlignmentRepositoryDegraded {INSTANCE}"] == "suppressed"


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
            ("AlignmentRepositoryUnreachable", "critical", {"repository": "app"}),
            ("AlignmentConflictsGrew", "warning", {"repository": "app"}),
            ("AlignmentWorkLost", "warning", {"repository": "app"}),
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


def test_a_test_of_a_channel_reaches_nobody_else(world: World) -> None:
    world.post({"labels": {"alertname": "AlignmentTest", "severity": "info", "alignwatch_test": "slack"}})
    wait_until(lambda: len(world.slack.messages) == 1, "Slack")
    world.post({"labels": {"alertname": "AlignmentTest", "severity": "info", "alignwatch_test": "email"}})
    wait_until(lambda: world.subjects() == ["[info] AlignmentTest"], "the mail")
    world.post({"labels": {"alertname": "AlignmentTest", "severity": "critical"}})
    wait_until(lambda: world.recorded().total() == 2, "the audit")
    assert len(world.mail.messages) == len(world.slack.messages) == 1
    assert {receiver for receiver, _, _ in world.recorded()} == {"test-email", "test-slack"}


class TestAudit:
    def test_records_exactly_what_left(self, world: World) -> None:
        world.silence(alertname="AlignmentHostIoPressureHigh")
        alert = world.alert("AlignmentRepositoryCorrupt", "critical", repository="app")
        world.post(alert, world.alert("AlignmentHostIoPressureHigh", "info"))
        world.wait_for(f"[critical] AlignmentRepositoryCorrupt on {INSTANCE}", MANAGER)
        world.resolve(alert)
        world.wait_for(f"[resolved] AlignmentRepositoryCorrupt on {INSTANCE}", MANAGER)
        wait_until(lambda: world.recorded().total() == 4, "the audit")
        assert world.recorded() == {
            (receiver, status, "AlignmentRepositoryCorrupt"): 1
            for receiver in ("people", "escalation")
            for status in ("firing", "resolved")
        }

    def test_a_wrong_token_records_nothing_and_keeps_no_mail_from_coming(
        self, quiet_world: World, tmp_path: Path
    ) -> None:
        alerts = quiet_world.settings.alerts
        wrong = Audit(token_file=secret(tmp_path, "wrong", "guessed"), url=quiet_world.exporter)
        quiet_world.settings = Settings(alerts=structs.replace(alerts, audit=wrong))
        with quiet_world.alerting():
            assert quiet_world.server is not None
            log = quiet_world.server.log
            quiet_world.fire("AlignmentHostCpuHigh", "warning")
            quiet_world.wait_for(f"[warning] AlignmentHostCpuHigh on {INSTANCE}")
            wait_until(lambda: "401" in log.read_text(), "the refusal")
            assert quiet_world.recorded() == {}
            assert not any(word in log.read_text() for word in (*SECRETS, "guessed"))

    def test_what_the_journal_could_not_take_comes_again(self, world: World, tmp_path: Path) -> None:
        journal = tmp_path / "journal.sqlite3"
        assert world.recorded() == {}
        change(journal, "ALTER TABLE deliveries RENAME TO away")
        world.fire("AlignmentHostCpuHigh", "warning")
        assert world.server is not None
        log = world.server.log
        wait_until(lambda: "503" in log.read_text(), "the refusal")
        change(journal, "ALTER TABLE away RENAME TO deliveries")
        wait_until(lambda: world.recorded().total() == 1, "the audit")
        assert world.recorded() == {("people", "firing", "AlignmentHostCpuHigh"): 1}

    def test_no_secret_is_in_a_log_or_an_answer(self, world: World) -> None:
        world.fire("AlignmentHostCpuHigh", "critical")
        world.wait_for(f"[critical] AlignmentHostCpuHigh on {INSTANCE}")
        assert world.server is not None
        shown = world.server.log.read_text() + str(get_json(f"{world.url}/api/v2/status"))
        shown += str(get_json(f"{world.exporter}/api/v1/deliveries"))
        assert not any(word in shown for word in SECRETS)


def test_a_restart_of_alertmanager_repeats_nothing_and_loses_no_end(quiet_world: World) -> None:
    alert = quiet_world.alert("AlignmentRepositoryDegraded", "warning", repository="app")
    began = {"startsAt": datetime.now(UTC).isoformat()}
    subject = f"AlignmentRepositoryDegraded on {INSTANCE}"
    with quiet_world.alerting():
        quiet_world.post(alert | began)
        quiet_world.wait_for(f"[warning] {subject}")
        wait_until(lambda: quiet_world.recorded().total() == 1, "the audit")
        ways = ("email", "slack", "webhook")
        wait_until(lambda: all(noted(quiet_world.url)[way] for way in ways), "all to be noted")
    with quiet_world.alerting():
        # As Prometheus does, which knows nothing of the restart.
        quiet_world.post(alert | began, quiet_world.alert("AlignmentHostCpuHigh", "warning"))
        quiet_world.wait_for(f"[warning] AlignmentHostCpuHigh on {INSTANCE}")
        quiet_world.resolve(alert | began)
        quiet_world.wait_for(f"[resolved] {subject}")
        assert quiet_world.subjects().count(f"[warning] {subject}") == 1
        assert quiet_world.recorded()["people", "firing", "AlignmentRepositoryDegraded"] == 1


def test_without_escalation_and_audit_people_are_told_all_the_same(tmp_path: Path) -> None:
    with mail_server() as mail, slack_webhook() as slack:
        settings = reachable_settings(tmp_path, smarthost=mail.address, webhook=slack.url)
        world = World(settings, tmp_path, mail, slack, slack, "")
        with world.alerting():
            world.fire("AlignmentRepositoryCorrupt", "critical")
            world.wait_for(f"[critical] AlignmentRepositoryCorrupt on {INSTANCE}")
