"""All questions about one move of a primary, and what cannot be answered in time."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from alignwatch.git.command import GitError
from alignwatch.primaries.files import files_lost
from alignwatch.primaries.finding import Finding, unjudged
from alignwatch.primaries.inquiry import Inquiry, Move
from alignwatch.primaries.lost_lines import lines_lost
from alignwatch.primaries.markers import conflicts_left
from alignwatch.primaries.never_merge import Opposite, mixed
from alignwatch.primaries.rewind import CutOffError, past_of, vanished


def judge(inquiry: Inquiry, move: Move, others: Sequence[Opposite]) -> tuple[Finding, ...]:
    """Judges a move: the cheap questions first. What git cannot tell, or not in time, is said once.

    Args:
        inquiry: where to ask; it ends when no time is left.
        move: from a commit that was judged to another that exists.
        others: the primaries that this one must never be merged with.

    Returns:
        What happened: at most one finding for each kind of event and commit.
    """
    try:
        past = past_of(inquiry, move)
    except CutOffError:
        return (unjudged(move.new, "history was cut off when it was fetched (shallow clone)"),)
    except GitError as error:
        return (unjudged(move.new, f"nothing could be judged: {error}"),)
    if past is None:
        return (vanished(move),)
    questions: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("merges that must never be", lambda: mixed(inquiry, move, past.base, others)),
        ("files", lambda: files_lost(inquiry, move, past.base)),
        ("conflict markers", lambda: conflicts_left(inquiry, move, past.base)),
        ("lost lines", lambda: lines_lost(inquiry, move, past.base)),
    )
    findings = [] if past.rewound is None else [past.rewound]
    for what, question in questions:
        try:
            for one in question():
                findings.append(one)  # noqa: PERF402  # what was answered stays when the rest cannot be
        except GitError as error:
            findings.append(unjudged(move.new, f"{what}: {error}"))
    return _joined(findings)


def _joined(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What one commit did in one way is one event."""
    joined: dict[tuple[str, str], Finding] = {}
    for one in findings:
        key = one.event, one.commit
        known = joined.get(key)
        joined[key] = one if known is None else known._replace(detail=f"{known.detail}; {one.detail}")
    return tuple(joined.values())
