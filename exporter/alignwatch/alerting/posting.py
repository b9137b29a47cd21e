"""How an alert is put to Alertmanager, at once or late."""

from collections.abc import Sequence
from datetime import UTC, datetime

from alignwatch.alert import Alert
from alignwatch.alerting.draft import SHORTEST_SECONDS
from alignwatch.errors import AlignwatchError
from alignwatch.servers.alertmanager import Alertmanager, RaisedAlert
from alignwatch.servers.http import RefusalError

_MALFORMED = frozenset({400, 413, 422})
"""HTTP statuses of what is refused for what it is; any other refusal may be another one tomorrow."""


class MalformedError(AlignwatchError):
    """Alertmanager will never take it."""


def post(alertmanager: Alertmanager, alerts: Sequence[Alert], now: float) -> None:
    """Has Alertmanager take alerts, in this order. One that it has already is the same one.

    Args:
        alertmanager: who takes them.
        alerts: at least one.
        now: seconds since the epoch.

    Raises:
        MalformedError: it refuses one of them; what it did with the others is unknown.
        AlignwatchError: it may not have got them.
    """
    try:
        alertmanager.take([_raised(alert, now) for alert in alerts])
    except RefusalError as refusal:
        if refusal.status in _MALFORMED:
            raise MalformedError(str(refusal)) from None
        raise


def _raised(alert: Alert, now: float) -> RaisedAlert:
    ends = alert.ends
    if alert.starts is not None:
        # Alertmanager tells nobody of what is over when it hears of it.
        ends = max(ends, now + SHORTEST_SECONDS)
    starts = ends if alert.starts is None else alert.starts
    return RaisedAlert(dict(alert.labels), dict(alert.annotations), _moment(starts), _moment(ends))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
