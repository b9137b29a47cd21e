"""Alertmanager's API: which alerts it holds, and which of them it holds back."""

from datetime import datetime

from msgspec import Struct, field

from alignwatch.report.http import Client


class Status(Struct):
    """What Alertmanager does with an alert."""

    state: str
    """``unprocessed``, ``active`` or ``suppressed``."""


class HeldAlert(Struct):
    """An alert that Alertmanager holds now."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime = field(name="startsAt")
    status: Status


class Alertmanager:
    """Asks one server."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def alerts(self, matcher: str) -> list[HeldAlert]:
        """The alerts that fire now and match, the suppressed ones too.

        Args:
            matcher: such as ``alertname=~"Alignment.*"``.
        """
        return self._client.get("/api/v2/alerts", {"filter": matcher}, list[HeldAlert])
