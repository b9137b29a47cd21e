"""A digest as mail: plain text, and the same as HTML."""

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from pathlib import Path

import jinja2

from alignwatch.digest.content import Digest
from alignwatch.digest.text import (
    alignments_line,
    as_text,
    backup_line,
    counts,
    day,
    headline,
    more_delays,
    more_failures,
    place,
    shortfall_line,
)
from alignwatch.errors import AlignwatchError
from alignwatch.secret_file import read_secret
from alignwatch.settings import Email
from alignwatch.text import printable

_TEMPLATE = Path(__file__).with_name("mail.html.j2")
_POLICY = SMTP.clone(max_line_length=990)
"""Broken at the usual 78 characters, a subject begins with white space in some mail programs."""
_IMPLICIT_TLS = 465
"""The port at which a mail server expects TLS from the start, as Alertmanager has it too."""


def mail_of(digest: Digest, email: Email) -> EmailMessage:
    """The message, ready to be sent."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = email.sender
    message["To"] = ", ".join(email.to)
    message["Subject"] = printable(headline(digest))
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="alignwatch")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{as_text(digest)}\n", cte="quoted-printable")
    message.add_alternative(as_html(digest), subtype="html", cte="quoted-printable")
    return message


def as_html(digest: Digest) -> str:
    """The page; whatever is in it is escaped."""
    environment = jinja2.Environment(
        autoescape=True,
        finalize=lambda value: printable(value) if isinstance(value, str) else value,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": day,
        "shortfall": shortfall_line,
        "backup": backup_line,
        "alignments": alignments_line,
    }
    page = environment.from_string(_TEMPLATE.read_text())
    return page.render(
        digest=digest,
        headline=headline(digest),
        place=place,
        counts=counts,
        more_failures=more_failures(digest),
        more_delays=more_delays(digest),
    )


def send_mail(message: EmailMessage, email: Email, host: str, seconds: float) -> None:
    """Hands a message to the mail server, with encryption wherever Alertmanager would ask for it.

    Args:
        message: from :func:`mail_of`.
        email: the settings; a mail server is set.
        host: what we call ourselves.
        seconds: how long the mail server may take for each answer.

    Raises:
        AlignwatchError: it was not taken for everybody.
    """
    assert email.smarthost is not None  # noqa: S101  # see above
    name, _, port = email.smarthost.rpartition(":")
    server = name.strip("[]"), int(port)
    try:
        with _connected(server, host, seconds) as smtp:
            if email.require_tls and server[1] != _IMPLICIT_TLS:
                smtp.starttls(context=ssl.create_default_context())
            if email.username is not None and email.password_file is not None:
                password = read_secret("alerts.email.password_file", email.password_file)
                smtp.login(email.username, password.decode(errors="surrogateescape"))
            refused = smtp.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        raise AlignwatchError(f"{email.smarthost} did not take it: {_reason(error)}") from None
    if refused:
        raise AlignwatchError(f"{email.smarthost} refused {', '.join(refused)}")


def _connected(server: tuple[str, int], host: str, seconds: float) -> smtplib.SMTP:
    if server[1] == _IMPLICIT_TLS:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(*server, local_hostname=host, timeout=seconds, context=context)
    return smtplib.SMTP(*server, local_hostname=host, timeout=seconds)


def _reason(error: Exception) -> str:
    """What the server said, without what we had said to it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{who}: {_said(answer)}" for who, (_, answer) in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_said(error.smtp_error)}"
    return printable(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def _said(answer: bytes | str) -> str:
    text = answer.decode(errors="backslashreplace") if isinstance(answer, bytes) else answer
    return printable(" ".join(text.split()))
