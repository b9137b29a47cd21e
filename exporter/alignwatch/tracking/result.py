"""The alignment code's own report of its runs, as operations.

It is JSON: one object, an array of them, or one a line. What is read of each::

    alignment_operation   operation_id, feature_branch, primary_target, status, start_time,
                          duration_seconds or end_time
    alignment_result      success
    performance_metrics   breakdown: seconds of each phase

Everything else is ignored, for that program grows. ``duration_seconds`` counts where both are given. A time
without an offset from UTC is this machine's local time. The phase ``conflict_resolution`` is a person's: it
counts as waiting, not as duration. A phase of no seconds did not take place.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from alignwatch.errors import UsageError
from alignwatch.operation import RESOLUTION, SUCCESSFUL, Kind, Operation, Outcome, Phase
from alignwatch.text import printable
from alignwatch.tracking.stopwatch import MOST_PHASES, check_phase

OUTCOMES: Mapping[str, Outcome] = {
    "completed": Outcome.SUCCESS,
    "resolved": Outcome.SUCCESS,
    "no_conflicts": Outcome.SUCCESS,
    "not_needed": Outcome.NOT_NEEDED,
    "manual_required": Outcome.CONFLICT,
    "review_required": Outcome.PAUSED,
    "paused": Outcome.PAUSED,
    "aborted": Outcome.ABORTED,
    "cancelled": Outcome.CANCELLED,
    "rolled_back": Outcome.ROLLED_BACK,
    "failed": Outcome.FAILED,
}
"""What each status means. With ``success: false`` beside it, one that means success means failure."""

UNFINISHED = ("pending", "in_progress")
"""Refused: an operation is recorded once, and these say nothing of how it ends."""

_SOURCE = "record"
_AHEAD_SECONDS = 300.0
"""How far another machine's clock may be ahead of ours."""
_ROUNDING_SECONDS = 1.0
_LONGEST_SECONDS = 1e9
_BREAKDOWN = "performance_metrics.breakdown"

_Kind = TypeVar("_Kind")
_Name = Annotated[str, Meta(min_length=1, max_length=4096)]
_Seconds = Annotated[float, Meta(ge=0, le=_LONGEST_SECONDS)]


class _Run(Struct):
    operation_id: Annotated[str, Meta(min_length=1, max_length=200)]
    feature_branch: _Name
    primary_target: _Name
    status: str
    start_time: datetime
    end_time: datetime | None = None
    duration_seconds: _Seconds | None = None


class _Verdict(Struct):
    success: bool | None = None


class _Metrics(Struct):
    breakdown: dict[str, Any] | None = None


class _Result(Struct):
    alignment_operation: _Run
    alignment_result: _Verdict | None = None
    performance_metrics: _Metrics | None = None


def read_results(data: bytes, repository: str, now: float) -> list[Operation]:
    """The operations that a report tells of.

    Args:
        data: the report.
        repository: the name of the repository that it is about.
        now: seconds since the epoch; nothing has ended later.

    Raises:
        UsageError: something in it is not as it should be; it says where.
    """
    operations = []
    for place, result in _decoded(data):
        try:
            operations.append(_operation(result, repository, now))
        except _WrongError as wrong:
            raise _refusal(f"{place}{wrong.path}", str(wrong)) from None
    if not operations:
        raise UsageError("there is no result in it")
    return operations


class _WrongError(Exception):
    """What is wrong with one field."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(what)
        self.path = path


def _decoded(data: bytes) -> Iterator[tuple[str, _Result]]:
    """Every result, and what leads to it."""
    text = data.removeprefix(b"\xef\xbb\xbf").strip()
    lines = text.splitlines()
    if text.startswith(b"["):
        for number, result in enumerate(_parsed(text, list[_Result])):
            yield f"[{number}].", result
    elif len(lines) > 1 and _is_json(lines[0]):
        for number, line in enumerate(lines, start=1):
            if line.strip():
                place = f"line {number}: "
                yield place, _parsed(line, _Result, place)
    elif text:
        yield "", _parsed(text, _Result)


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(text: bytes, kind: type[_Kind], place: str = "") -> _Kind:
    try:
        return msgspec.json.decode(text, type=kind)
    except (ValueError, RecursionError) as error:
        what, _, path = str(error).partition(" - at `$")
        raise _refusal(place + path.strip(".`"), what) from None


def _refusal(where: str, what: str) -> UsageError:
    where = where.removesuffix(": ")
    return UsageError(printable(f"{where}: {what}" if where else what))


def _operation(result: _Result, repository: str, now: float) -> Operation:
    run = result.alignment_operation
    started = _moment("start_time", run.start_time)
    whole = _whole(run, started)
    if started + whole > now + _AHEAD_SECONDS:
        raise _WrongError("alignment_operation", "it lies in the future")
    phases = tuple(_phases(result.performance_metrics))
    waiting = sum(phase.seconds for phase in phases if phase.name == RESOLUTION)
    if waiting > whole + _ROUNDING_SECONDS:
        raise _WrongError(f"{_BREAKDOWN}.{RESOLUTION}", f"longer than the whole operation ({whole:g} s)")
    return Operation(
        operation_id=run.operation_id,
        repository=repository,
        kind=Kind.ALIGN,
        branch=run.feature_branch,
        target=run.primary_target,
        started=started,
        duration=max(0.0, whole - waiting),
        outcome=_outcome(run.status, result.alignment_result),
        source=_SOURCE,
        waiting=waiting,
        phases=phases,
    )


def _whole(run: _Run, started: float) -> float:
    """Seconds from its start to its end."""
    if run.end_time is not None and _moment("end_time", run.end_time) < started:
        raise _WrongError("alignment_operation.end_time", "before its start_time")
    if run.duration_seconds is not None:
        return run.duration_seconds
    if run.end_time is None:
        raise _WrongError("alignment_operation", "neither duration_seconds nor end_time")
    return _moment("end_time", run.end_time) - started


def _moment(key: str, time: datetime) -> float:
    # A local time may lie before what the platform can convert.
    with suppress(ValueError, OverflowError, OSError):
        if (seconds := time.timestamp()) >= 0:
            return seconds
    raise _WrongError(f"alignment_operation.{key}", f"{time.isoformat()} is before 1970")


def _outcome(status: str, verdict: _Verdict | None) -> Outcome:
    path = "alignment_operation.status"
    if status in UNFINISHED:
        raise _WrongError(path, f"{status} is not the end; send the result when there is one")
    if status not in OUTCOMES:
        raise _WrongError(path, f"{status!r:.80} is none of {', '.join(OUTCOMES)}")
    outcome = OUTCOMES[status]
    if outcome in SUCCESSFUL and verdict is not None and verdict.success is False:
        return Outcome.FAILED
    return outcome


def _phases(metrics: _Metrics | None) -> Iterator[Phase]:
    breakdown = (metrics.breakdown if metrics else None) or {}
    if len(breakdown) > MOST_PHASES:
        raise _WrongError(_BREAKDOWN, f"more than {MOST_PHASES} phases")
    for name, seconds in breakdown.items():
        try:
            check_phase(name)
        except ValueError as error:
            raise _WrongError(_BREAKDOWN, str(error)) from None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float | None):
            raise _WrongError(f"{_BREAKDOWN}.{name}", f"{seconds!r:.80} is no number")
        if seconds is not None and not 0 <= seconds <= _LONGEST_SECONDS:
            raise _WrongError(f"{_BREAKDOWN}.{name}", f"{seconds!r:.80} is no number of seconds")
        if seconds:
            yield Phase(name, float(seconds))
