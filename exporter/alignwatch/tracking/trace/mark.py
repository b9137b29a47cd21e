"""Keeps the git commands of an operation that records itself from being counted by the listener too.

git hands the session id of each traced command to all that it starts, in a variable, and every event
carries it. Whoever records an operation otherwise puts a mark in front. It costs nothing where no git is
traced, needs no configuration, and reaches whatever a command starts.
"""

from collections.abc import Mapping

VARIABLE = "GIT_TRACE2_PARENT_SID"
_MARK = "alignwatch"


def marked(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for what runs inside an operation that is recorded by whoever starts it."""
    inherited = environment.get(VARIABLE)
    return {**environment, VARIABLE: f"{inherited}/{_MARK}" if inherited else _MARK}


def is_marked(session: str) -> bool:
    """Whether a git command ran inside such an operation.

    Args:
        session: its session id: those of the commands that it ran inside, and its own, with ``/`` between.
    """
    return _MARK in session.split("/")
