"""Digests on their way to a mail server and to Slack, over the real protocols."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from alignwatch.digest.delivery import Sent, channels_for, deliver
from alignwatch.errors import UsageError
from alignwatch.settings import Settings
from support.certificates import self_signed
from support.digests import full_digest
from support.far_end import Answer, far_end
from support.markup import Markup
from support.notifications import reachable_settings
from support.receivers import mail_server, slack_webhook

HEADLINE = "Maintenance of night: 9 done, 12 failed, 2 put off, 1 not done, 3.0 GiB freed"


def with_email(settings: Settings, **changes: Any) -> Settings:
    """These, by mail only."""
    email = structs.replace(settings.alerts.email, **changes)
    return structs.replace(
        settings, alerts=structs.replace(settings.alerts, channels=("email",), email=email)
    )


def test_by_mail_and_slack(tmp_path: Path) -> None:
    with mail_server() as mail, slack_webhook() as slack:
        settings = reachable_settings(tmp_path, smarthost=mail.address, webhook=slack.url)
        assert deliver(full_digest(), settings) == (Sent("email", None), Sent("slack", None))

    (message,), (said,) = mail.messages, slack.messages
    assert mail.logins == [("alignwatch", "open sesame")]
    assert message["Subject"] == HEADLINE
    assert message["To"] == "night@example.invalid, day@example.invalid"
    assert message["From"] == "alignwatch@example.invalid"
    assert message["Auto-Submitted"] == "auto-generated"
    plain, rich = (part.get_content() for part in message.iter_parts())
    assert plain.splitlines()[:2] == [HEADLINE, "2026-11-15 19:00 UTC to 2026-11-22 19:00 UTC"]
    page = Markup(rich)
    assert page.all("script") == []
    assert page.text.count("<script>alert(1)</script> & <!channel>") == 3
    assert "\x1b" not in rich
    for line in ("and 11 more", "rebase in a", "5.0 MiB too little", "verified never", "92.5 %"):
        assert line in page.text

    assert said["channel"] == "#alignment"
    assert said["text"] == HEADLINE
    texts = [block["text"]["text"] for block in said["blocks"] if block["type"] == "section"]
    assert [text.splitlines()[0].strip("*") for text in texts] == [
        "Failed",
        "Freed less than they should",
        "Put off or not done",
        "Tasks",
        "Backups",
        "Alignments",
    ]
    assert all(block["text"]["verbatim"] for block in said["blocks"] if block["type"] == "section")
    assert "`first ''' line`" in texts[0]
    whole = "\n".join(texts)
    assert "<" not in whole
    assert "&lt;!channel&gt; &lt;@U1&gt;" in whole
    assert "\x1b" not in whole


def test_long_lists_are_spread_over_blocks_as_slack_takes_them(tmp_path: Path) -> None:
    delay = structs.replace(full_digest().delays[0], reason="x" * 5000)
    with slack_webhook() as slack:
        settings = reachable_settings(tmp_path, webhook=slack.url)
        settings = structs.replace(settings, alerts=structs.replace(settings.alerts, channels=("slack",)))
        digest = structs.replace(full_digest(), host="h" * 300, delays=(delay,) * 500)
        assert deliver(digest, settings) == (Sent("slack", None),)
    (said,) = slack.messages
    assert len(said["blocks"]) == 50
    assert max(len(block["text"]["text"]) for block in said["blocks"] if block["type"] == "section") <= 3000
    assert len(said["blocks"][0]["text"]["text"]) == 150


def test_one_channel_that_fails_keeps_it_from_no_other(tmp_path: Path, nowhere: str) -> None:
    with slack_webhook() as slack:
        settings = reachable_settings(tmp_path, smarthost=nowhere.removeprefix("http://"), webhook=slack.url)
        email, chat = deliver(full_digest(), settings)
    assert chat == Sent("slack", None)
    assert email.problem is not None
    assert "did not take it: Connection refused" in email.problem


def test_recipients_that_are_refused_are_named(tmp_path: Path) -> None:
    with mail_server("550 no such user", "TO:<night") as mail:
        settings = with_email(reachable_settings(tmp_path, smarthost=mail.address))
        assert deliver(full_digest(), settings) == (
            Sent("email", f"{mail.address} refused night@example.invalid"),
        )
        assert len(mail.messages) == 1
    with mail_server("550 no such user") as mail:
        settings = with_email(
            reachable_settings(tmp_path, smarthost=mail.address), to=("me@example.invalid",)
        )
        (sent,) = deliver(full_digest(), settings)
    assert sent.problem == f"{mail.address} did not take it: me@example.invalid: no such user"


def test_what_the_mail_server_says_is_told(tmp_path: Path) -> None:
    with mail_server("553 who are\tyou", "FROM:") as mail:
        settings = with_email(reachable_settings(tmp_path, smarthost=mail.address))
        (sent,) = deliver(full_digest(), settings)
    assert sent.problem == f"{mail.address} did not take it: 553 who are you"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_signed(tmp_path, "server")[0]


@pytest.fixture
def encryption(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return context


def test_a_mail_server_that_encrypts_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: Path, encryption: ssl.SSLContext
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(encryption=encryption, from_the_start=True) as mail:
        monkeypatch.setattr("alignwatch.digest.mail._IMPLICIT_TLS", int(mail.address.split(":")[1]))
        settings = with_email(reachable_settings(tmp_path, smarthost=mail.address), require_tls=True)
        assert deliver(full_digest(), settings) == (Sent("email", None),)
    assert (len(mail.messages), mail.encrypted) == (1, 1)


def test_encryption_is_used_and_never_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: Path, encryption: ssl.SSLContext
) -> None:
    with mail_server(encryption=encryption) as mail:
        settings = with_email(reachable_settings(tmp_path, smarthost=mail.address), require_tls=True)
        (sent,) = deliver(full_digest(), settings)
        assert sent.problem is not None
        assert "certificate verify failed" in sent.problem
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert deliver(full_digest(), settings) == (Sent("email", None),)
        assert (len(mail.messages), mail.encrypted) == (1, 1)
    with mail_server() as mail:
        settings = with_email(reachable_settings(tmp_path, smarthost=mail.address), require_tls=True)
        (sent,) = deliver(full_digest(), settings)
    assert (mail.messages, mail.logins) == ([], [])
    assert sent.problem is not None
    assert "STARTTLS" in sent.problem


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(b"invalid_token", 403), "Slack refuses: HTTP 403"),
        (Answer(b"", 404), "is the address in alerts.slack.api_url_file still right?"),
        (Answer(raw=b"nonsense"), "Slack does not speak HTTP as it should"),
    ],
)
def test_no_problem_of_slack_names_its_address(answer: Answer, problem: str, tmp_path: Path) -> None:
    with far_end(lambda request: answer) as server:
        settings = reachable_settings(tmp_path, webhook=f"{server.url}/services/secret")
        settings = structs.replace(settings, alerts=structs.replace(settings.alerts, channels=("slack",)))
        (sent,) = deliver(full_digest(), settings)
    assert sent.problem is not None
    assert problem in sent.problem
    assert "secret" not in sent.problem


def test_an_address_of_slack_that_is_none(tmp_path: Path) -> None:
    settings = reachable_settings(tmp_path, webhook="http://[secret")
    settings = structs.replace(settings, alerts=structs.replace(settings.alerts, channels=("slack",)))
    assert deliver(full_digest(), settings) == (
        Sent("slack", "Slack has no address that can be used (see alerts.slack.api_url_file)"),
    )


def test_where_nobody_can_be_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"set alerts\.email or alerts\.slack up"):
        channels_for(Settings())
    settings = reachable_settings(tmp_path)
    silent = structs.replace(settings, alerts=structs.replace(settings.alerts, enabled=False))
    with pytest.raises(UsageError, match=r"alerts\.enabled is false"):
        channels_for(silent)
