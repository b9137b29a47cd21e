"""``alert test`` with Alertmanager as ``alignwatch render`` configures it, a mail server and a webhook."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec import structs

from alignwatch.alerting.proof import Proof, Verdict, prove
from alignwatch.assets import asset
from alignwatch.rendering import render_alertmanager
from alignwatch.servers.alertmanager import OURS, Alertmanager
from alignwatch.servers.connect import alertmanager_client
from alignwatch.settings import Audit, Settings, Webhook
from support import servers
from support.alerting import settings_for
from support.far_end import Answer, Request, far_end
from support.notifications import fully_reachable_settings, reachable_settings, secret
from support.receivers import mail_server, slack_webhook
from support.servers import post_json

PATIENCE = 20.0


@contextmanager
def alertmanager(folder: Path, settings: Settings) -> Iterator[tuple[str, Alertmanager]]:
    """A running Alertmanager with the configuration that is rendered, and who asks it."""
    config = render_alertmanager(settings, templates=asset("alertmanager", "templates")).text
    with (
        servers.alertmanager(folder / "alertmanager", config) as server,
        alertmanager_client(settings_for(server.url)) as client,
    ):
        yield server.url, Alertmanager(client)


def test_a_message_goes_through_the_one_channel_and_nowhere_else_time_after_time(tmp_path: Path) -> None:
    with mail_server() as mail, slack_webhook() as slack:
        settings = reachable_settings(tmp_path, smarthost=mail.address, webhook=slack.url)
        with alertmanager(tmp_path, settings) as (_, asked):
            for number in (1, 2):
                assert prove(asked, "email", PATIENCE) == Proof(
                    Verdict.DELIVERED, "Alertmanager delivered it to the mail server; see that it arrives"
                )
                assert asked.alerts(OURS) == []
                assert len(mail.messages) == number
            assert slack.messages == []
            assert "This is a test of email; nothing is wrong" in str(mail.messages[0]["Subject"])

            assert prove(asked, "slack", PATIENCE) == Proof(
                Verdict.DELIVERED, "Alertmanager delivered it to Slack; see that it arrives"
            )
            assert (len(mail.messages), len(slack.messages)) == (2, 1)


def test_a_mail_server_that_refuses(tmp_path: Path) -> None:
    with mail_server(refusal="550 no such user") as mail:
        settings = reachable_settings(tmp_path, smarthost=mail.address)
        with alertmanager(tmp_path, settings) as (_, asked):
            assert prove(asked, "email", PATIENCE) == Proof(
                Verdict.NOT_DELIVERED,
                "Alertmanager could not deliver it to the mail server; its log says why",
            )


def test_a_webhook_with_an_audit_beside_it(tmp_path: Path) -> None:
    def takes(request: Request) -> Answer:
        return Answer(status=500 if "audit" in request.path and refusing else 200)

    refusing: list[bool] = []
    with far_end(takes) as chat:
        settings = reachable_settings(tmp_path)
        alerts = structs.replace(
            settings.alerts,
            channels=("webhook",),
            webhook=Webhook(url=f"{chat.url}/hook"),
            audit=Audit(token_file=secret(tmp_path, "token", "f00f"), url=chat.url),
        )
        with alertmanager(tmp_path, structs.replace(settings, alerts=alerts)) as (_, asked):
            assert prove(asked, "webhook", PATIENCE) == Proof(
                Verdict.DELIVERED, "Alertmanager delivered it to the webhook; see that it arrives"
            )
            assert sorted(one.path for one in chat.requests) == ["/api/v1/audit", "/hook"]
            refusing.append(True)
            assert prove(asked, "webhook", PATIENCE).verdict is Verdict.UNKNOWN


def test_the_escalation_goes_by_mail_and_slack_at_once(tmp_path: Path) -> None:
    with mail_server() as mail, slack_webhook() as slack, slack_webhook() as incidents:
        settings = fully_reachable_settings(
            tmp_path, smarthost=mail.address, webhook=slack.url, incidents=incidents.url
        )
        with alertmanager(tmp_path, settings) as (_, asked):
            assert prove(asked, "escalation", PATIENCE) == Proof(
                Verdict.DELIVERED,
                "Alertmanager delivered it to the mail server and Slack; see that it arrives",
            )
    assert [one["To"] for one in mail.messages] == ["manager@example.invalid"]
    assert (len(slack.messages), len(incidents.messages)) == (0, 1)


def test_an_escalation_of_which_half_arrives_is_not_delivered(tmp_path: Path, nowhere: str) -> None:
    with mail_server() as mail:
        settings = fully_reachable_settings(tmp_path, smarthost=mail.address, incidents=nowhere)
        with alertmanager(tmp_path, settings) as (_, asked):
            proof = prove(asked, "escalation", PATIENCE)
    assert proof == Proof(
        Verdict.NOT_DELIVERED, "Alertmanager could not deliver it to Slack; its log says why"
    )


def test_a_webhook_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings = reachable_settings(tmp_path, webhook=f"http://127.0.0.1:{taken.getsockname()[1]}/x")
        with alertmanager(tmp_path, settings) as (_, asked):
            proof = prove(asked, "slack", PATIENCE)
    assert proof.verdict is Verdict.NOT_DELIVERED


def test_a_channel_without_a_route(tmp_path: Path) -> None:
    with alertmanager(tmp_path, Settings()) as (_, asked):
        proof = prove(asked, "email", PATIENCE)
        assert proof.verdict is Verdict.NOT_DELIVERED
        assert "set alerts.email up, name it in alerts.channels" in proof.reason
        assert "set alerts.escalation up, and have" in prove(asked, "escalation", PATIENCE).reason
        assert asked.alerts() == []


def test_a_test_that_is_held_back(tmp_path: Path) -> None:
    with alertmanager(tmp_path, reachable_settings(tmp_path)) as (url, asked):
        silence = {
            "matchers": [{"name": "alertname", "value": "AlignmentTest", "isRegex": False}],
            "startsAt": "2020-01-01T00:00:00Z",
            "endsAt": "2999-01-01T00:00:00Z",
            "createdBy": "me",
            "comment": "quiet",
        }
        number = post_json(f"{url}/api/v2/silences", silence)["silenceID"]
        assert prove(asked, "email", PATIENCE) == Proof(
            Verdict.NOT_DELIVERED, f"Alertmanager holds the test alert back: silence {number} (quiet)"
        )


CONFIGURATION = """
route: {routes: [{receiver: test-email, matchers: ['alignwatch_test="email"']}]}
receivers: [{name: nobody}, {name: test-email, email_configs: [{to: me}]}]
"""


@dataclass
class Counting:
    """An Alertmanager that has counted so many requests by email and failures, one page after another."""

    pages: list[tuple[int, int]]
    configuration: str = CONFIGURATION

    def __call__(self, request: Request) -> Answer:
        if request.path == "/metrics":
            made, failed = self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]
            return Answer(
                "# TYPE alertmanager_notification_requests_total counter\n"
                f'alertmanager_notification_requests_total{{integration="email",receiver_name="a"}} {made}\n'
                'alertmanager_notification_requests_total{integration="slack"} 99\n'
                "# TYPE alertmanager_notification_requests_failed_total counter\n"
                f'alertmanager_notification_requests_failed_total{{integration="email"}} {failed}\n'.encode()
            )
        if request.path.endswith("/status"):
            return Answer(json.dumps({"config": {"original": self.configuration}}).encode())
        return Answer(b"[]")


@pytest.mark.parametrize(
    ("pages", "verdict", "reason"),
    [
        ([(3, 1)], Verdict.UNKNOWN, "took the alert and has sent nothing by email for 0.05 s; see its log"),
        ([(3, 1), (6, 1), (6, 2)], Verdict.UNKNOWN, "of 3 messages to the mail server 1 failed"),
        # The request is counted a moment before its failure.
        ([(3, 1), (4, 1), (4, 2)], Verdict.NOT_DELIVERED, "could not deliver it to the mail server"),
    ],
)
def test_only_what_the_counters_prove_is_said(
    pages: list[tuple[int, int]], verdict: Verdict, reason: str
) -> None:
    proof = proved(Counting(pages), 0.05)
    assert proof.verdict is verdict
    assert reason in proof.reason


@pytest.mark.parametrize(
    ("pages", "patience", "verdict", "reason"),
    [
        # One fails, and once more, which is counted later; then the other arrives.
        (
            [(3, 1), (4, 2), (4, 2), (5, 2), (5, 3), (6, 3)],
            PATIENCE,
            Verdict.UNKNOWN,
            "of 3 messages to the mail server 2 failed",
        ),
        ([(3, 1), (5, 3)], 0.05, Verdict.NOT_DELIVERED, "could not deliver it to the mail server"),
    ],
)
def test_what_is_tried_again_is_not_taken_for_another_message(
    pages: list[tuple[int, int]], patience: float, verdict: Verdict, reason: str
) -> None:
    proof = proved(Counting(pages, CONFIGURATION.replace("{to: me}", "{to: me}, {to: you}")), patience)
    assert proof.verdict is verdict
    assert reason in proof.reason


def proved(counting: Counting, patience: float) -> Proof:
    """What is said of email."""
    with far_end(counting) as server, alertmanager_client(settings_for(server.url)) as client:
        return prove(Alertmanager(client), "email", patience)
