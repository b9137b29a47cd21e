"""What can be said of one branch: why it is in its state, since when, who else is concerned, what to do."""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from alignwatch.errors import AlignwatchError
from alignwatch.explain.advice import next_commands, why
from alignwatch.explain.commits import CommitRow, commit_rows
from alignwatch.explain.trial import Effort, Subject, Trial, try_out
from alignwatch.git.command import Git, GitError
from alignwatch.git.in_progress import find_in_progress
from alignwatch.git.refs import display, unmistakable
from alignwatch.git.repository import Repository, open_repository
from alignwatch.names import legible
from alignwatch.snapshot import BranchState

_GIT_SECONDS = 30.0


class FileRow(Struct, frozen=True, kw_only=True):
    """One file in conflict."""

    path: str
    since: str | None
    """The target's commit from which on it is in conflict with each that was tried."""
    also_changed_by: tuple[str, ...]
    """Other active branches of the same target that changed it, the youngest first."""


class Onset(Struct, frozen=True, kw_only=True):
    """Since which commit of the target a branch conflicts."""

    commit: CommitRow
    """The first known to conflict after the last that is known to be clean."""
    certain: bool
    """Whether every commit after the last clean one was tried."""
    last_clean: CommitRow | None
    """The last commit that merges cleanly; null where none does of those that the branch lacks."""
    tried: int
    """Commits of the target that were tried."""
    commits: int
    """Commits of the target that there are, along first parents."""
    turns: int
    """How often it is known to have changed between clean and conflicting; above 1 it came and went."""


class NewerTarget(Struct, frozen=True, kw_only=True):
    """What merging a newer target would do: one that a remote had when it was last fetched."""

    commit: CommitRow
    new_commits: int
    """Those that the target here lacks."""
    clean: bool
    more: tuple[str, ...]
    """Files that would conflict, and do not with the target here."""
    fewer: tuple[str, ...]
    """Files that would not conflict, and do with the target here."""


class BranchExplanation(Struct, frozen=True, kw_only=True, tag_field="about", tag="branch"):
    """One branch; null is unknown, or does not apply."""

    repository: str
    path: str
    """Of the repository."""
    branch: str
    target: str
    state: BranchState
    why: str
    """The state, in a sentence."""
    ahead: int | None
    behind: int | None
    tip: CommitRow | None
    parted: CommitRow | None
    """The newest merge base with the target."""
    in_progress: tuple[str, ...]
    """What was begun on the branch and has not ended, each with its folder."""
    conflicts: tuple[FileRow, ...] | None
    onset: Onset | None
    newer_targets: tuple[NewerTarget, ...]
    next: tuple[str, ...]
    """What to type."""
    unknown: tuple[str, ...]
    """What could not be found out, and why."""


def explain_branch(
    git: Git,
    subject: Subject,
    effort: Effort,
    tell: Callable[[str], None] = lambda _: None,
) -> BranchExplanation:
    """All that can be said of a branch; what cannot is among ``unknown``.

    Args:
        git: runs it.
        subject: the branch.
        effort: how much is tried.
        tell: is told how far it is.
    """
    unknown: list[str] = []
    if subject.branch.state is BranchState.UNKNOWN and subject.measured.reading.problem:
        unknown.append(subject.measured.reading.problem)
    opened, trial, rows, words = None, None, {}, {}
    try:
        opened = open_repository(subject.path)
        if subject.branch.state is BranchState.BEHIND:
            trial = try_out(git, subject, effort, tell)
    except (AlignwatchError, OSError) as error:
        unknown.append(str(error))
    try:
        names = (subject.branch.name, subject.branch.target)
        words = unmistakable(git, subject.path, names, _GIT_SECONDS)
        rows = commit_rows(git, subject.path, _named(subject, trial), _GIT_SECONDS)
    except GitError as error:
        unknown.append(str(error))
    branch, state = subject.branch, _state(subject, trial)
    return BranchExplanation(
        repository=subject.repository.label,
        path=subject.repository.path,
        branch=branch.name,
        target=branch.target,
        state=state,
        why=why(subject, state, trial),
        ahead=branch.ahead,
        behind=branch.behind,
        tip=rows.get(branch.tip),
        parted=rows.get(subject.merge_bases[0]) if subject.merge_bases else None,
        in_progress=tuple(_in_progress(subject, opened)),
        conflicts=_conflicts(state, trial),
        onset=_onset(trial, rows) if trial else None,
        newer_targets=tuple(_newer_targets(trial, rows)) if trial else (),
        next=tuple(next_commands(subject, state, opened, trial, words)),
        unknown=tuple(unknown),
    )


def _state(subject: Subject, trial: Trial | None) -> BranchState:
    if trial is None:
        return subject.branch.state
    return BranchState.CLEAN if trial.now.clean else BranchState.CONFLICTING


def _named(subject: Subject, trial: Trial | None) -> Iterator[str]:
    """The commits that are shown."""
    yield subject.branch.tip
    yield from subject.merge_bases[:1]
    if trial is not None:
        course = trial.course
        places = (course.last_clean, course.onset)
        yield from (course.commits[place] for place in places if place is not None and place >= 0)
        yield from trial.newer


def _in_progress(subject: Subject, opened: Repository | None) -> Iterator[str]:
    for one in find_in_progress(opened) if opened else ():
        if one.branch == subject.branch.name:
            yield f"{one.operation} in {legible(one.worktree)}"


def _conflicts(state: BranchState, trial: Trial | None) -> tuple[FileRow, ...] | None:
    if trial is None:
        return () if state in (BranchState.MERGED, BranchState.ALIGNED) else None
    return tuple(
        FileRow(
            path=display(path),
            since=None if place is None else trial.course.commits[place],
            also_changed_by=trial.others_at(path),
        )
        for path in trial.now.conflicts
        for place in (trial.course.onset_of(path),)
    )


def _onset(trial: Trial, rows: Mapping[str, CommitRow]) -> Onset | None:
    course = trial.course
    if course.onset is None or course.commits[course.onset] not in rows:
        return None
    return Onset(
        commit=rows[course.commits[course.onset]],
        certain=course.certain,
        last_clean=rows.get(course.commits[course.last_clean]) if course.last_clean >= 0 else None,
        tried=len(course.found),
        commits=len(course.commits),
        turns=len(course.turns),
    )


def _newer_targets(trial: Trial, rows: Mapping[str, CommitRow]) -> Iterator[NewerTarget]:
    here = set(trial.now.conflicts)
    for commit, newer in trial.newer.items():
        there = set(newer.merge.conflicts)
        if commit in rows:
            yield NewerTarget(
                commit=rows[commit],
                new_commits=newer.new_commits,
                clean=newer.merge.clean,
                more=tuple(map(display, sorted(there - here))),
                fewer=tuple(map(display, sorted(here - there))),
            )
