"""What holds an alert back, in words."""

from collections.abc import Iterable

from alignwatch.servers.alertmanager import HeldAlert, Silence


def held_back_by(alert: HeldAlert, others: Iterable[HeldAlert], silences: Iterable[Silence] = ()) -> str:
    """By which silences, other alerts and time intervals it is held back; empty if by none.

    Args:
        alert: it.
        others: alerts among which those may be that inhibit it.
        silences: those whose comments are to be said.
    """
    comments = {silence.id: f" ({silence.comment})" for silence in silences}
    names = {one.fingerprint: one.labels.get("alertname", "") for one in others}
    silenced = [f"silence {number}{comments.get(number, '')}" for number in alert.status.silenced_by]
    inhibited = sorted({names.get(one) or f"alert {one}" for one in alert.status.inhibited_by})
    muted = [f"time interval {name}" for name in alert.status.muted_by]
    return ", ".join([*silenced, *inhibited, *muted])
