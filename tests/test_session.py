"""The machine of the session's states."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from alignwatch.session import Session, SessionState, begun, next_session

LOOKS = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()))


def step(
    before: Session,
    now: float = 60.0,
    to_come: Sequence[str] = (),
    amiss: Sequence[str] = (),
    *,
    stopping: bool = False,
) -> Session:
    return next_session(before, to_come=to_come, amiss=amiss, stopping=stopping, now=now)


def test_a_life() -> None:
    first = begun(0.0)
    assert (first.state, first.since) == ("starting", "1970-01-01T00:00:00Z")
    assert step(first, to_come=["host"]) == Session(
        state=SessionState.STARTING, since=first.since, reasons=("host",)
    )
    running = step(first)
    assert (running.state, running.since, running.reasons) == ("running", "1970-01-01T00:01:00Z", ())
    degraded = step(running, now=120.0, amiss=["the journal cannot be read"])
    assert (degraded.state, degraded.reasons) == ("degraded", ("the journal cannot be read",))
    assert step(degraded, now=180.0, amiss=["another"]).since == degraded.since
    assert step(degraded).state == "running"
    assert step(running, to_come=["a new repository"], amiss=["x"]).state == "starting"


@given(LOOKS)
def test_stopping_is_for_good(looks: list[tuple[bool, bool, bool]]) -> None:
    session, stopped = begun(0.0), False
    for to_come, amiss, stopping in looks:
        session = step(session, to_come=["x"] * to_come, amiss=["y"] * amiss, stopping=stopping)
        stopped |= stopping
        assert (session.state is SessionState.STOPPING) is stopped
