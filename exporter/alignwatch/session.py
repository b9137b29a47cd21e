"""The state of the monitoring itself, from an exporter's start to its end.

| from               | to       | when                                                                     |
|--------------------|----------|--------------------------------------------------------------------------|
|                    | starting | the exporter has been started                                            |
| starting           | running  | every quick probe has looked once, and nothing is amiss                  |
| starting, running  | degraded | a probe fails or is late, a configuration was refused, the journal       |
|                    |          | cannot be read                                                           |
| degraded           | running  | nothing is amiss any more                                                |
| running, degraded  | starting | a configuration was taken that asks for looks that nobody has taken yet  |
| all                | stopping | it was told to end                                                       |
"""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from alignwatch.text import timestamp


class SessionState(StrEnum):
    """One holds."""

    STARTING = "starting"
    RUNNING = "running"
    DEGRADED = "degraded"
    STOPPING = "stopping"


class Session(Struct, frozen=True, kw_only=True):
    """The monitoring at one moment."""

    state: SessionState
    since: str
    """RFC 3339, UTC."""
    reasons: tuple[str, ...] = ()
    """What is amiss, or still to come."""


def begun(now: float) -> Session:
    """The beginning."""
    return Session(state=SessionState.STARTING, since=timestamp(now))


def next_session(
    before: Session, *, to_come: Sequence[str], amiss: Sequence[str], stopping: bool, now: float
) -> Session:
    """The state that holds now.

    Args:
        before: the one that held.
        to_come: looks that nobody has taken yet.
        amiss: what keeps it from watching all that it should.
        stopping: whether it was told to end; that is for good.
        now: seconds since the epoch.
    """
    state, reasons = SessionState.RUNNING, tuple[str, ...]()
    if stopping or before.state is SessionState.STOPPING:
        state = SessionState.STOPPING
    elif to_come:
        state, reasons = SessionState.STARTING, tuple(to_come)
    elif amiss:
        state, reasons = SessionState.DEGRADED, tuple(amiss)
    since = before.since if state is before.state else timestamp(now)
    return Session(state=state, since=since, reasons=reasons)
