"""``send_alert`` and ``resolve_alert``."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from alignwatch.alert import Alert, merged
from alignwatch.alerting.draft import labels_of, new_alert, news_of_end
from alignwatch.errors import AlignwatchError
from alignwatch.journal.outbox import LIMIT, SENT, Waiting
from alignwatch.journal.store import Journal
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path

# What speaks HTTP is imported only to send: the exporter imports this package and hardly ever does.
if TYPE_CHECKING:
    from alignwatch.servers.alertmanager import Alertmanager

ACTIVE_SECONDS = 3600.0
"""How long an alert stays active when nobody says."""
_ASK_SECONDS = 1.0
"""How long Alertmanager may take to say what became of an alert that it has taken."""

_log = logging.getLogger(__name__)


class SendStatus(StrEnum):
    """What became of an alert."""

    SENT = "sent"
    """Alertmanager has taken it. It tells people by its routes, and does not say whether that worked."""
    QUEUED = "queued"
    """Alertmanager may not have got it. It waits in the journal, durably, for the exporter to send it."""
    SUPPRESSED = "suppressed"
    """Alertmanager has taken it and tells nobody."""
    FAILED = "failed"
    """Nobody has it and nothing waits."""


@dataclass(frozen=True, slots=True)
class NotificationResult:
    """What became of an alert, as far as it is known when the call returns."""

    status: SendStatus
    reason: str
    """Why, in one line; may be empty for what was sent."""
    fingerprint: str
    """The alert's identity in Alertmanager and in the outbox."""


def send_alert(
    *,
    name: str,
    severity: str,
    message: str,
    description: str = "",
    repository: str | None = None,
    labels: Mapping[str, str] | None = None,
    runbook_url: str | None = None,
    dashboard_url: str | None = None,
    active_seconds: float = ACTIVE_SECONDS,
    config: Settings | str | Path | None = None,
    timeout_seconds: float | None = None,
) -> NotificationResult:
    """Raises an alert, or keeps one that is active going.

    Takes some milliseconds when all is well. When it is not, the time limit, and ten seconds more if other
    processes keep the journal to themselves; looking up Alertmanager's name is the system's and comes on top.

    Args:
        name: CamelCase, beginning with ``Alignment``.
        severity: ``info``, ``warning`` or ``critical``. One that ``alerts.severity_levels`` leaves out goes
            to Alertmanager all the same, and the result is ``suppressed``: people are not told.
        message: what is wrong, in one line; what is longer than 256 characters is cut.
        description: more about it; what is longer than 4,096 characters is cut.
        repository: the repository's name in labels.
        labels: up to 16 more that tell this alert from others of its name. One ``instance``, as Prometheus
            labels the exporter, has that exporter's maintenance window hold the alert back.
        runbook_url: where it says what to do.
        dashboard_url: where more is to be seen.
        active_seconds: it ends by itself after so long, from 10 minutes to 30 days.
        config: a configuration file or what was read from it; None for the defaults.
        timeout_seconds: instead of ``alerts.notification_timeout_seconds``.

    Raises:
        UsageError: an argument cannot be.
    """
    alert = new_alert(
        labels_of(name, severity, repository, labels),
        message=message,
        description=description,
        runbook_url=runbook_url,
        dashboard_url=dashboard_url,
        active_seconds=active_seconds,
        now=time.time(),
    )
    return _hand_over(alert, config, timeout_seconds)


def resolve_alert(
    *,
    name: str,
    severity: str,
    repository: str | None = None,
    labels: Mapping[str, str] | None = None,
    config: Settings | str | Path | None = None,
    timeout_seconds: float | None = None,
) -> NotificationResult:
    """Says that an alert is over. That it was not active is no failure.

    One that still waits in the journal is sent all the same, so that people learn of it, and ends ten minutes
    later.

    Args:
        name: as it was raised; so are ``severity``, ``repository`` and ``labels``.
        severity: see ``name``.
        repository: see ``name``.
        labels: see ``name``.
        config: as for :func:`send_alert`.
        timeout_seconds: as for :func:`send_alert`.

    Raises:
        UsageError: an argument cannot be.
    """
    alert = news_of_end(labels_of(name, severity, repository, labels), time.time())
    return _hand_over(alert, config, timeout_seconds)


def _hand_over(
    alert: Alert, config: Settings | str | Path | None, timeout_seconds: float | None
) -> NotificationResult:
    try:
        settings = _settings(config)
    except AlignwatchError as error:
        return NotificationResult(SendStatus.FAILED, str(error), alert.identity)
    seconds = timeout_seconds or settings.alerts.notification_timeout_seconds
    with Journal(journal_path(settings.state_folder), _log.warning) as journal:
        status, reason = _Handover(alert, settings, journal, seconds).attempt()
    return NotificationResult(status, reason, alert.identity)


def _settings(config: Settings | str | Path | None) -> Settings:
    if isinstance(config, Settings):
        return config
    from alignwatch.settings_file import read_settings

    return read_settings(None if config is None else Path(config))


class _Handover:
    """One alert on its way to Alertmanager, or else into the journal."""

    def __init__(self, alert: Alert, settings: Settings, journal: Journal, seconds: float) -> None:
        self._alert = alert
        self._settings = settings
        self._journal = journal
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds

    def attempt(self) -> tuple[SendStatus, str]:
        """What became of it, and why."""
        from alignwatch.alerting.posting import MalformedError, post
        from alignwatch.servers.alertmanager import Alertmanager
        from alignwatch.servers.connect import alertmanager_client

        waiting = self._waiting()
        alert = merged(waiting.alert, self._alert) if waiting else self._alert
        try:
            with alertmanager_client(self._settings, self._seconds) as client:
                alertmanager = Alertmanager(client)
                post(alertmanager, [alert], time.time())
                became = self._became(alertmanager, alert)
        except MalformedError as error:
            return SendStatus.FAILED, str(error)
        except AlignwatchError as error:
            return self._queue(error)
        if waiting:
            self._forget(waiting)
        return became

    def _waiting(self) -> Waiting | None:
        """What waits of the same alert: sent later it would undo what is sent now."""
        if not journal_path(self._settings.state_folder).exists():
            return None
        try:
            return self._journal.waiting_alert(self._alert.identity)
        except AlignwatchError as error:
            _log.warning("%s", error)
            return None

    def _forget(self, waiting: Waiting) -> None:
        try:
            self._journal.settle_alerts([waiting], SENT)
        except AlignwatchError as error:
            _log.warning("%s", error)

    def _queue(self, error: AlignwatchError) -> tuple[SendStatus, str]:
        try:
            if self._journal.queue_alert(self._alert, time.time()):
                return SendStatus.QUEUED, f"waits in the journal until the exporter sends it: {error}"
        except AlignwatchError as another:
            return SendStatus.FAILED, f"{error}; it cannot wait either: {another}"
        return SendStatus.FAILED, f"{error}; {LIMIT:,} others wait in the journal already"

    def _became(self, alertmanager: "Alertmanager", alert: Alert) -> tuple[SendStatus, str]:
        from alignwatch.alerting.suppression import held_back_by
        from alignwatch.servers.alertmanager import OURS

        seconds = min(_ASK_SECONDS, max(self._deadline - time.monotonic(), 0.01))
        try:
            held = {one.fingerprint: one for one in alertmanager.alerts(OURS, seconds)}
        except AlignwatchError:
            return self._meant_for_people(alert)  # It has been taken; whether it is held back is not known.
        mine = held.get(alert.identity)
        if mine and alert.starts is None:
            return (
                SendStatus.FAILED,
                "Alertmanager still holds it active; see that the clocks agree, and resolve it again",
            )
        if mine and mine.status.state == "suppressed":
            return SendStatus.SUPPRESSED, f"held back by {held_back_by(mine, held.values())}"
        return self._meant_for_people(alert)

    def _meant_for_people(self, alert: Alert) -> tuple[SendStatus, str]:
        alerts, severity = self._settings.alerts, alert.labels["severity"]
        if not alerts.enabled:
            return SendStatus.SUPPRESSED, "alerts.enabled is false: it is seen in Alertmanager only"
        if severity not in alerts.severity_levels:
            return (
                SendStatus.SUPPRESSED,
                f"alerts.severity_levels has no {severity}: it is seen in Alertmanager only",
            )
        return SendStatus.SENT, ""
