"""How a tracked command ended, from its exit code and from what git left behind."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from alignwatch.git.worktree_files import WorktreeState
from alignwatch.operation import Kind, Outcome
from alignwatch.tracking.process import Ended

_VALUE_FOLLOWS = ("-C", "-c")
_GIVES_UP = frozenset({"--abort", "--quit"})
_GOES_ON = frozenset({"--continue", "--skip"})
_COMMITS_NOTHING = frozenset({"--squash", "--no-commit", "-n"})


def kind_of(command: Sequence[str]) -> Kind:
    """What a command line does: git's subcommand where it is one of ours, else a run of alignment code."""
    if _is_git(command):
        words = iter(command[1:])
        for word in words:
            if word in _VALUE_FOLLOWS:
                next(words, None)
            elif not word.startswith("-"):
                with suppress(ValueError):
                    return Kind(word)
                break
    return Kind.ALIGN


def judge(
    command: Sequence[str], kind: Kind, ended: Ended, before: WorktreeState, after: WorktreeState
) -> Outcome:
    """The outcome of a command that has ended.

    Args:
        command: its argument list.
        kind: what it was to do.
        ended: how its process ended.
        before: where its work tree stood when it began.
        after: where it stood when it had ended.
    """
    failed = ended.exit_code != 0
    if ended.timed_out:
        return Outcome.TIMEOUT
    if ended.killed or (failed and ended.interrupted):
        return Outcome.CANCELLED
    if _stopped_halfway(command, before, after):
        return Outcome.CONFLICT if failed else Outcome.PAUSED
    if failed:
        return Outcome.FAILED
    if _is_git(command) and _GIVES_UP.intersection(command):
        return Outcome.ABORTED
    if kind is not Kind.ALIGN and not _COMMITS_NOTHING.intersection(command) and _same(before, after):
        return Outcome.NOT_NEEDED
    return Outcome.SUCCESS


def _stopped_halfway(command: Sequence[str], before: WorktreeState, after: WorktreeState) -> bool:
    if _is_git(command) and _GOES_ON.intersection(command):
        return bool(after.in_progress)
    # A command that is refused because something else is in progress leaves that as it was.
    return bool(after.in_progress - before.in_progress)


def _same(before: WorktreeState, after: WorktreeState) -> bool:
    return before.head is not None and (before.head, before.tip) == (after.head, after.tip)


def _is_git(command: Sequence[str]) -> bool:
    return Path(command[0]).name == "git"
