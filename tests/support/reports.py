"""Asking a real Prometheus as the report does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alignwatch.report.prometheus import Prometheus
from alignwatch.servers.http import Client
from alignwatch.settings import Server
from support import servers
from support.history import History


@contextmanager
def prometheus_holding(folder: Path, *histories: History) -> Iterator[Prometheus]:
    """A Prometheus that holds these; a warning of its own fails the test."""
    lines = [line for history in histories for line in history.lines]
    with (
        servers.prometheus(folder / "prometheus", history="\n".join([*lines, "# EOF\n"])) as server,
        Client("Prometheus", "report.prometheus", server.url, Server(), 10) as client,
    ):
        yield Prometheus(client, _unexpected)


def _unexpected(warning: str) -> None:
    raise AssertionError(warning)
