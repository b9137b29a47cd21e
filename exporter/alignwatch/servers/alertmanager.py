"""Alertmanager's API: the alerts it holds and holds back, the silences, and what it says of itself."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from msgspec import Struct, field

from alignwatch.errors import UsageError
from alignwatch.servers.http import Client

OURS = 'alertname=~"Alignment.+"'
"""Matches the alerts of the rule pack and those that :func:`alignwatch.alerting.send_alert` sends."""


class Status(Struct):
    """What Alertmanager does with an alert."""

    state: str
    """``unprocessed``, ``active`` or ``suppressed``."""
    silenced_by: list[str] = field(name="silencedBy", default_factory=list)
    """Ids of silences."""
    inhibited_by: list[str] = field(name="inhibitedBy", default_factory=list)
    """Fingerprints of alerts."""
    muted_by: list[str] = field(name="mutedBy", default_factory=list)
    """Names of time intervals; not said before 0.28."""


class HeldAlert(Struct):
    """An alert that Alertmanager holds now."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime = field(name="startsAt")
    status: Status
    fingerprint: str = ""


class RaisedAlert(Struct, rename="camel"):
    """An alert as Alertmanager takes it."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime
    ends_at: datetime
    """When it is over; in the past for one that is."""


class Matcher(Struct, rename="camel", frozen=True):
    """What the label of an alert must be for a silence to hold it back."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True

    def __str__(self) -> str:
        operator = ("=~" if self.is_regex else "=") if self.is_equal else ("!~" if self.is_regex else "!=")
        escaped = self.value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        return f'{self.name}{operator}"{escaped}"'


class NewSilence(Struct, rename="camel"):
    """A silence as Alertmanager takes it."""

    matchers: Sequence[Matcher]
    """At least one; all must match."""
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str


class SilenceStatus(Struct):
    """Whether a silence holds."""

    state: str
    """``pending``, ``active`` or ``expired``."""


class Silence(NewSilence, rename="camel"):
    """A silence that Alertmanager knows."""

    id: str
    status: SilenceStatus


class _Silenced(Struct):
    id: str = field(name="silenceID")


class _Configuration(Struct):
    original: str


class _State(Struct):
    config: _Configuration


class Alertmanager:
    """Asks one server."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def alerts(self, matcher: str | None = None, timeout_seconds: float | None = None) -> list[HeldAlert]:
        """The alerts that fire now, the suppressed ones too.

        Args:
            matcher: only those that match, such as :data:`OURS`; None for all.
            timeout_seconds: instead of the client's.
        """
        filters = {} if matcher is None else {"filter": matcher}
        return self._client.get("/api/v2/alerts", filters, list[HeldAlert], timeout_seconds)

    def take(self, alerts: Sequence[RaisedAlert]) -> None:
        """Hands alerts over, or tells that they are over. One that it has already is the same one.

        Raises:
            RefusalError: it took all, none, or those that are well formed.
            AlignwatchError: it may not have got them.
        """
        self._client.send("/api/v2/alerts", alerts)

    def silences(self) -> list[Silence]:
        """All silences that it still knows, the expired ones too."""
        return self._client.get("/api/v2/silences", {}, list[Silence])

    def silence(self, silence: NewSilence) -> str:
        """Holds alerts back; returns the silence's id."""
        return self._client.post("/api/v2/silences", silence, _Silenced).id

    def unsilence(self, silence_id: str) -> None:
        """Ends a silence.

        Raises:
            UsageError: there is none with this id.
        """
        if all(one.id != silence_id for one in self.silences()):
            raise UsageError(f"no silence {silence_id!r}; alignwatch alert silences lists them")
        self._client.delete(f"/api/v2/silence/{quote(silence_id, safe='')}")

    def configuration(self) -> str:
        """Its configuration file as it understands it; secrets are left out."""
        return self._client.get("/api/v2/status", {}, _State).config.original

    def metrics(self) -> str:
        """Its own metrics, in Prometheus' text format."""
        return self._client.text("/metrics")
