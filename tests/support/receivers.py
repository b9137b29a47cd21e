"""A mail server and a Slack webhook on loopback that keep what they are sent."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from socketserver import BaseServer, StreamRequestHandler, ThreadingTCPServer
from typing import Any

from support.far_end import QUEUED, Answer, Request, far_end


@dataclass
class Mailbox:
    """What a mail server has accepted."""

    address: str
    """host:port."""
    messages: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    """User and password of each login."""
    encrypted: int = 0
    """Connections that went on encrypted."""


@dataclass
class SlackChannel:
    """What a webhook has accepted."""

    url: str
    messages: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def mail_server(
    refusal: str | None = None,
    refuses: str = "TO:",
    *,
    encryption: ssl.SSLContext | None = None,
    from_the_start: bool = False,
) -> Iterator[Mailbox]:
    """A mail server that speaks as much SMTP as a client needs, and lets everybody in.

    Args:
        refusal: how it refuses, such as ``550 no such user``; None: it takes all mail.
        refuses: what is in the ``FROM:<address>`` or ``TO:<address>`` that it refuses; all recipients are.
        encryption: what it offers STARTTLS with; None: it does not.
        from_the_start: without being asked.
    """

    class Handler(_Smtp):
        box: Mailbox
        refused = refusal
        refused_part = refuses
        tls = encryption
        tls_at_once = from_the_start

    with _Server(("127.0.0.1", 0), Handler) as server:
        Handler.box = Mailbox(f"127.0.0.1:{server.server_address[1]}")
        with _serving(server):
            yield Handler.box


@contextmanager
def slack_webhook() -> Iterator[SlackChannel]:
    """An incoming webhook as Slack offers it."""

    messages: list[Any] = []

    def take(request: Request) -> Answer:
        messages.append(json.loads(request.body))
        return Answer(b"ok")

    with far_end(take) as server:
        yield SlackChannel(f"{server.url}/services/T0/B0/secret", messages)


@contextmanager
def _serving(server: BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


class _Server(ThreadingTCPServer):
    request_queue_size = QUEUED


class _Smtp(StreamRequestHandler):
    box: Mailbox
    refused: str | None
    refused_part: str
    tls: ssl.SSLContext | None
    tls_at_once: bool

    def handle(self) -> None:
        if self.tls_at_once:
            self._encrypt()
        self._say("220 ready")
        while line := self.rfile.readline():
            command, _, argument = line.decode().strip().partition(" ")
            match command.upper():
                case "EHLO":
                    offered = "\r\n250-STARTTLS" if self.tls else ""
                    self._say(f"250-ready{offered}\r\n250 AUTH PLAIN")
                case "STARTTLS" if self.tls:
                    self._say("220 go on")
                    try:
                        self._encrypt()
                    except ssl.SSLError:  # The client does not trust us.
                        return
                case "AUTH":
                    _, user, password = base64.b64decode(argument.split()[1]).decode().split("\0")
                    self.box.logins.append((user, password))
                    self._say("235 welcome")
                case "MAIL" | "RCPT" if self.refused is not None and self.refused_part in argument:
                    self._say(self.refused)
                case "DATA":
                    self._say("354 go on")
                    self.box.messages.append(self._message())
                    self._say("250 taken")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 fine")

    def _encrypt(self) -> None:
        assert self.tls is not None
        self.connection = self.tls.wrap_socket(self.request, server_side=True)
        self.box.encrypted += 1
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())

    def _message(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        return message_from_bytes(b"".join(lines), policy=policy.default)
