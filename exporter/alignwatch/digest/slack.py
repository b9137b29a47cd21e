"""A digest as a message in Slack, in its blocks."""

from collections.abc import Iterable, Iterator
from html import escape
from itertools import chain

from alignwatch.digest.content import Digest, TaskLine
from alignwatch.digest.text import (
    INDENT,
    alignments_line,
    backup_line,
    counts,
    day,
    delay_line,
    failure_lines,
    headline,
    more_delays,
    more_failures,
    shortfall_line,
)
from alignwatch.servers.http import Client
from alignwatch.settings import Server, Slack
from alignwatch.text import printable

_LONGEST_HEADER = 150
_LONGEST_SECTION = 2900
"""Slack takes 3,000 characters in one section."""
_LONGEST_LINE = 400
_MOST_BLOCKS = 50
_KEY = "alerts.slack.api_url_file"

Block = dict[str, object]


def message_of(digest: Digest, slack: Slack) -> dict[str, object]:
    """What the incoming webhook takes."""
    title = printable(headline(digest))[:_LONGEST_HEADER]
    message: dict[str, object] = {
        "text": _escaped(title),
        "blocks": list(_blocks(digest, title))[:_MOST_BLOCKS],
    }
    if slack.channel is not None:
        message["channel"] = slack.channel
    return message


def send_message(message: dict[str, object], address: str, seconds: float) -> None:
    """Posts a message.

    Args:
        message: from :func:`message_of`.
        address: the webhook's, which is a secret.
        seconds: how long it may take.

    Raises:
        AlignwatchError: Slack did not take it.
    """
    key = "alerts.notification_timeout_seconds"
    with Client("Slack", "alerts.slack", address, Server(), seconds, key, address_file=_KEY) as client:
        client.send("", message)


def _blocks(digest: Digest, title: str) -> Iterator[Block]:
    yield {"type": "header", "text": {"type": "plain_text", "text": title}}
    period = f"{day(digest.since)} to {day(digest.until)}"
    yield {"type": "context", "elements": [{"type": "plain_text", "text": period}]}
    failures = chain.from_iterable(map(failure_lines, digest.failures))
    yield from _section("Failed", chain(failures, more_failures(digest)))
    yield from _section("Freed less than they should", map(shortfall_line, digest.shortfalls))
    yield from _section("Put off or not done", [*map(delay_line, digest.delays), *more_delays(digest)])
    yield from _section("Tasks", map(_task, digest.tasks))
    yield from _section("Backups", map(backup_line, digest.backups))
    yield from _section("Alignments", map(alignments_line, digest.alignments))


def _task(task: TaskLine) -> str:
    following = day(task.next_run) if task.next_run else "never"
    return f"{task.task}: {', '.join(counts([task])) or 'not due'}; next {following}"


def _section(title: str, lines: Iterable[str]) -> Iterator[Block]:
    """A title, and the lines below in so many blocks as they need."""
    text = f"*{title}*"
    for line in lines:
        shown = _line(line)
        if len(text) + len(shown) >= _LONGEST_SECTION:
            yield _markdown(text)
            text = shown
        else:
            text += f"\n{shown}"
    if text != f"*{title}*":
        yield _markdown(text)


def _line(line: str) -> str:
    """One line; what is set in is output, and set as code."""
    clean = _escaped(printable(line)[:_LONGEST_LINE])
    return f"`{clean.strip().replace('`', chr(39))}`" if line.startswith(INDENT) else f"• {clean}"


def _markdown(text: str) -> Block:
    # Verbatim: an address or a name in what came from outside becomes no link and no mention.
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _escaped(text: str) -> str:
    return escape(text, quote=False)
