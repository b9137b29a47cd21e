"""How a tracked command ended, from its exit code and from what git left behind."""

from collections.abc import Sequence
from contextlib import suppress

from alignwatch.git.call import git_call
from alignwatch.git.worktree_files import WorktreeState
from alignwatch.operation import Kind, Outcome
from alignwatch.tracking.process import Ended

_GIVES_UP = frozenset({"--abort", "--quit"})
_GOES_ON = frozenset({"--continue", "--skip"})
_LEAVES_THE_COMMIT = {
    "merge": frozenset({"--squash", "--no-commit"}),
    "pull": frozenset({"--squash", "--no-commit"}),
    "cherry-pick": frozenset({"--no-commit", "-n"}),
    "revert": frozenset({"--no-commit", "-n"}),
}
"""Options with which a command prepares a commit that somebody else is to make."""


def kind_of(command: Sequence[str]) -> Kind:
    """What a command line does: git's subcommand where it is one of ours, else a run of alignment code."""
    call = git_call(command)
    with suppress(ValueError):
        if call is not None:
            return Kind(call.subcommand)
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
    if stopped_halfway(command, before, after):
        return Outcome.CONFLICT if failed else Outcome.PAUSED
    if failed:
        return Outcome.FAILED
    if _is_git(command) and _GIVES_UP.intersection(command):
        return Outcome.ABORTED
    if kind is not Kind.ALIGN and _same(before, after):
        return Outcome.PAUSED if _leaves_the_commit(command) else Outcome.NOT_NEEDED
    return Outcome.SUCCESS


def stopped_halfway(command: Sequence[str], before: WorktreeState, after: WorktreeState) -> bool:
    """Whether it left something in progress; of an empty command nothing is known."""
    if _is_git(command) and _GOES_ON.intersection(command):
        return bool(after.in_progress)
    # A command that is refused because something else is in progress leaves that as it was.
    return bool(after.in_progress - before.in_progress)


def _same(before: WorktreeState, after: WorktreeState) -> bool:
    return before.head is not None and (before.head, before.tip) == (after.head, after.tip)


def _leaves_the_commit(command: Sequence[str]) -> bool:
    call = git_call(command)
    options = _LEAVES_THE_COMMIT.get(call.subcommand, frozenset()) if call else frozenset()
    return not options.isdisjoint(command)


def _is_git(command: Sequence[str]) -> bool:
    return git_call(command) is not None
