"""What ``alignwatch doctor --fix`` does: only what is Alignwatch's own, and only what can do no harm.

Nothing is ever changed in a watched repository, in a configuration, or in what another user owns.
"""

from collections.abc import Iterable
from typing import NamedTuple

from alignwatch.diagnostics.check import Check, Finding
from alignwatch.diagnostics.context import Context
from alignwatch.errors import AlignwatchError


class Mending(NamedTuple):
    """One thing that can be mended, or was."""

    check: Check
    finding: Finding
    problem: str | None = None
    """Why it could not be; None if it was, or was not tried."""


def proposals(checks: Iterable[Check], context: Context) -> list[Mending]:
    """What can be mended now: each check that can mend looks anew.

    Raises:
        AlignwatchError: a check could not look.
    """
    return [
        Mending(check, finding)
        for check in checks
        if check.mend is not None
        for finding in check.run(context)
        if finding.mend is not None
    ]


def mend(proposal: Mending, context: Context) -> Mending:
    """Does it, and says how it went."""
    assert proposal.check.mend is not None  # noqa: S101  # it was proposed
    try:
        proposal.check.mend(context, proposal.finding)
    except (AlignwatchError, OSError) as error:
        return proposal._replace(problem=str(error))
    return proposal
