import pytest

from alignwatch.git.worktree_files import WorktreeState
from alignwatch.operation import Kind, Outcome, Resources
from alignwatch.tracking.outcome import judge, kind_of
from alignwatch.tracking.process import Ended

ENDED = Ended(
    exit_code=0,
    killed=False,
    interrupted=False,
    timed_out=False,
    started=0.0,
    at=1.0,
    duration=1.0,
    resources=Resources(0.0, 0, 0),
)
FAILED = ENDED._replace(exit_code=1)
CLEAN = WorktreeState("x", ("ref: refs/heads/x", "1" * 40), None, frozenset())
MOVED = CLEAN._replace(head=("ref: refs/heads/x", "2" * 40))
STOPPED = CLEAN._replace(in_progress=frozenset({"rebase-merge"}))


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("git rebase main", Kind.REBASE),
        ("/usr/bin/git -C merge -c a.b=c --no-pager cherry-pick -x 1", Kind.CHERRY_PICK),
        ("git checkout merge", Kind.ALIGN),
        ("git", Kind.ALIGN),
        ("git -C", Kind.ALIGN),
        ("git --version", Kind.ALIGN),
        ("./rebase.sh rebase", Kind.ALIGN),
    ],
)
def test_the_kind_follows_from_gits_subcommand(command: str, kind: Kind) -> None:
    assert kind_of(command.split()) is kind


@pytest.mark.parametrize(
    ("command", "ended", "before", "after", "outcome"),
    [
        ("git rebase main", ENDED, CLEAN, MOVED, Outcome.SUCCESS),
        ("git rebase main", ENDED, CLEAN, CLEAN, Outcome.NOT_NEEDED),
        ("git rebase main", FAILED, CLEAN, CLEAN, Outcome.FAILED),
        ("git rebase main", FAILED, CLEAN, STOPPED, Outcome.CONFLICT),
        ("git rebase main", ENDED, CLEAN, STOPPED, Outcome.PAUSED),
        ("git rebase main", FAILED, STOPPED, STOPPED, Outcome.FAILED),
        ("git rebase --continue", FAILED, STOPPED, STOPPED, Outcome.CONFLICT),
        ("git rebase --skip", ENDED, STOPPED, MOVED, Outcome.SUCCESS),
        ("git rebase --abort", ENDED, STOPPED, CLEAN, Outcome.ABORTED),
        ("git rebase --abort", FAILED, CLEAN, CLEAN, Outcome.FAILED),
        ("git merge --squash x", ENDED, CLEAN, CLEAN, Outcome.PAUSED),
        ("git cherry-pick -n x", ENDED, CLEAN, CLEAN, Outcome.PAUSED),
        ("git rebase -n main", ENDED, CLEAN, CLEAN, Outcome.NOT_NEEDED),
        ("git merge --no-commit x", ENDED, CLEAN, MOVED, Outcome.SUCCESS),
        ("./align.sh --abort", ENDED, CLEAN, MOVED, Outcome.SUCCESS),
        ("git rebase main", FAILED._replace(killed=True), CLEAN, STOPPED, Outcome.CANCELLED),
        ("git rebase main", FAILED._replace(interrupted=True), CLEAN, STOPPED, Outcome.CANCELLED),
        ("git rebase main", ENDED._replace(interrupted=True), CLEAN, MOVED, Outcome.SUCCESS),
        ("git rebase main", FAILED._replace(timed_out=True, killed=True), CLEAN, STOPPED, Outcome.TIMEOUT),
    ],
)
def test_the_outcome_follows_from_the_end_and_from_what_git_left(
    command: str, ended: Ended, before: WorktreeState, after: WorktreeState, outcome: Outcome
) -> None:
    assert judge(command.split(), Kind.REBASE, ended, before, after) is outcome


def test_a_run_of_alignment_code_may_leave_head_where_it_was() -> None:
    assert judge(["./align"], Kind.ALIGN, ENDED, CLEAN, CLEAN) is Outcome.SUCCESS


def test_a_branch_that_moved_elsewhere_was_aligned() -> None:
    before, after = CLEAN._replace(tip="1" * 40), CLEAN._replace(tip="2" * 40)
    assert judge(["./align"], Kind.REBASE, ENDED, before, after) is Outcome.SUCCESS


def test_an_unknown_head_proves_nothing() -> None:
    unknown = CLEAN._replace(head=None)
    assert judge(["git", "merge", "x"], Kind.MERGE, ENDED, unknown, unknown) is Outcome.SUCCESS
