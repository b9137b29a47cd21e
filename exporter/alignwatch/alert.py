"""An alert that somebody raises: what alerting hands over, and what waits in the journal meanwhile."""

from collections.abc import Mapping
from typing import NamedTuple

_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
_SEPARATOR = b"\xff"


class Alert(NamedTuple):
    """An alert, or the news that one is over."""

    labels: Mapping[str, str]
    """What tells it from others; two with the same labels are one alert."""
    annotations: Mapping[str, str]
    """What people are told of it; empty for the news that it is over."""
    starts: float | None
    """Since when it holds, in seconds since the epoch; None for the news that it is over."""
    ends: float
    """When it is over."""

    @property
    def identity(self) -> str:
        """Its fingerprint, as Alertmanager shows it."""
        return fingerprint(self.labels)


def merged(waiting: Alert, newer: Alert) -> Alert:
    """What remains to be said when an alert is raised again, or is over, before Alertmanager heard of it."""
    starts = [one.starts for one in (waiting, newer) if one.starts is not None]
    return Alert(
        labels=newer.labels,
        annotations=newer.annotations or waiting.annotations,
        starts=min(starts, default=None),
        ends=newer.ends,
    )


def fingerprint(labels: Mapping[str, str]) -> str:
    """The hash that Alertmanager knows a set of labels by: 64 bits of FNV-1a, in hexadecimal."""
    value = _FNV_OFFSET
    for name, content in sorted(labels.items()):
        for byte in name.encode() + _SEPARATOR + content.encode() + _SEPARATOR:
            value = (value ^ byte) * _FNV_PRIME & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"
