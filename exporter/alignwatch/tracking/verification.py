"""Does git confirm that an operation did what it says?

An outcome is a claim until git agrees. Git is asked with object ids: those of the evidence, or else what the
reflogs of branch and target say of the time of the operation. So it may be asked later, when both have moved
on or are gone. Git confirms an operation that left nothing in progress, no new conflict markers in what it
merged, and:

============================  ============================================================================
kind                          what is to be found
============================  ============================================================================
rebase, pull, align, merge    a tip that the target had during the operation is in the branch
merge                         or else: the branch was not in the target before and is afterwards
these, where no target other  the branch has moved, or nothing was needed: what was to be brought in is not
than the branch is known      known
cherry-pick, am, revert       the branch has moved, or nothing was needed: which commits were to be added is
                              not known
============================  ============================================================================

Nothing is asked about the content. ``merge --strategy ours``, and a rebase that drops every commit, bring
branch and target together, are done on purpose too, and count as confirmed.

A claim is :data:`UNKNOWN` where there is nothing to decide by: no such branch, no reflog that reaches back to
the operation, evidence that leaves the target out (the operation was not about it), history that was cut off,
commits that may have been pruned. Reflogs alone refuse only what somebody reports: what git itself was seen
to do (source ``trace2``) has happened, perhaps with something else than the branch of that name here.

A conflict that somebody wrote on purpose into a file that was there before, and that neither the branch nor
the target had, cannot be told from one that was left behind.
"""

import time
from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.git.commits import existing_commits, is_ancestor, is_shallow, parents_of
from alignwatch.git.conflict_markers import leaves_conflict_markers
from alignwatch.git.reflog import Past, past_of
from alignwatch.git.refs import read_remote_tips
from alignwatch.journal.claims import Claim
from alignwatch.operation import Evidence, Kind, Outcome
from alignwatch.tracking.trace.assembly import SOURCE as SEEN

IN_PROGRESS = "in_progress"
"""It had stopped halfway."""
MISSING = "missing"
"""Commits that it names do not exist."""
UNCHANGED = "unchanged"
"""The branch is where it was."""
NOT_CONTAINED = "not_contained"
"""Branch and target did not come together."""
CONFLICT_MARKERS = "conflict_markers"
"""Conflicts were committed unresolved."""

REASONS = (IN_PROGRESS, MISSING, UNCHANGED, NOT_CONTAINED, CONFLICT_MARKERS)
"""Why a claim is refused."""

UNKNOWN = "unknown"
"""Neither confirmed nor refused; counted apart."""

KEPT_SECONDS = 14 * 86400.0
"""How long git keeps what nothing leads to (``gc.pruneExpire``): later, a missing commit proves nothing."""

_ADDS_COMMITS = frozenset({Kind.CHERRY_PICK, Kind.AM, Kind.REVERT})
_NO_EVIDENCE = Evidence(None, None, None, left_in_progress=False)


def verify(git: Git, repository: Path, claim: Claim, deadline: float) -> str | None:
    """Asks git about a claim of success.

    Args:
        git: runs it.
        repository: the repository that the claim is about.
        claim: what is to be confirmed.
        deadline: seconds for all questions together.

    Returns:
        None when git confirms it, one of :data:`REASONS` when it does not, else :data:`UNKNOWN`.

    Raises:
        GitError: git could not answer, or not in time.
    """
    return _Inquiry(git, repository, claim, deadline).verdict()


class _Inquiry:
    """The questions about one claim. ``before`` and ``after`` are tips of its branch."""

    def __init__(self, git: Git, repository: Path, claim: Claim, deadline: float) -> None:
        self._git = git
        self._repository = repository
        self._claim = claim
        self._evidence = claim.evidence or _NO_EVIDENCE
        self._ends = time.monotonic() + deadline

    def verdict(self) -> str | None:
        """As :func:`verify`."""
        claim, target_tip = self._claim, self._evidence.target_tip
        if self._evidence.left_in_progress:
            return IN_PROGRESS
        before, after = self._tips()
        if after is None:
            return UNKNOWN
        exist = self._existing(before, after, target_tip)
        if not exist.issuperset({after, target_tip} - {None}):
            return MISSING if time.time() - claim.ended <= KEPT_SECONDS else UNKNOWN
        if before not in exist:
            before = None
        if claim.kind in _ADDS_COMMITS:
            return self._added(before, after)
        if claim.target in ("", claim.branch):
            return self._moved(before, after)
        return self._together(before, after)

    def _tips(self) -> tuple[str | None, str | None]:
        """The branch's tips before and after; the former only where it is known for sure."""
        if self._evidence.tip_after is not None:
            return self._evidence.tip_before, self._evidence.tip_after
        past = self._past(self._claim.branch)
        if not past.tips:
            return None, None
        return past.tips[0] if past.complete else None, past.tips[-1]

    def _added(self, before: str | None, after: str) -> str | None:
        if before is None:
            return UNKNOWN
        if before == after:
            if self._claim.outcome == Outcome.NOT_NEEDED:
                return None
            return UNCHANGED if self._evidence.tip_after is not None or self._is_hearsay else UNKNOWN
        target_tip = self._evidence.target_tip
        return self._search(after, before, before if target_tip in (None, after) else target_tip)

    def _moved(self, before: str | None, after: str) -> str | None:
        if before == after and self._claim.outcome == Outcome.NOT_NEEDED:
            return None
        return UNKNOWN if before in (None, after) else self._search(after, before)

    def _together(self, before: str | None, after: str) -> str | None:
        target_tip = self._evidence.target_tip
        if target_tip is not None and self._contains(after, target_tip):
            return self._search(after, before, target_tip)
        target = self._target()
        for tip in (*target.tips, *self._pulled()):
            if self._contains(after, tip):
                return self._search(after, before, tip)
        if self._claim.kind == Kind.MERGE and target.tips and self._contains(target.tips[-1], after):
            if self._contains(target.tips[0], after):
                return UNKNOWN
            return self._search(target.tips[-1], target.tips[0], after)
        return NOT_CONTAINED if target.complete and self._is_decisive(before) else UNKNOWN

    def _target(self) -> Past:
        """Where the target was meanwhile: it may move while an operation is at work or waits for a person."""
        first, last = self._evidence.target_before, self._evidence.target_tip
        if first is not None and first == last:
            return Past((first,), True)
        past = self._past(self._claim.target)
        tips = [one for one in (first, *past.tips, last) if one is not None]
        exist = self._existing(*tips)
        return past._replace(tips=tuple(tip for tip in tips if tip in exist))

    def _pulled(self) -> tuple[str, ...]:
        """What a pull may have brought: not what the branch of that name here points to."""
        if self._claim.kind != Kind.PULL:
            return ()
        return read_remote_tips(self._git, self._repository, self._claim.target, self._left)

    def _is_decisive(self, before: str | None) -> bool:
        """Whether it means anything that the branch lacks what the target had."""
        evidence = self._evidence
        about_target = evidence.target_tip is not None or self._is_hearsay
        branch_known = evidence.tip_after is not None or before is not None
        return about_target and branch_known and not is_shallow(self._git, self._repository, self._left)

    @property
    def _is_hearsay(self) -> bool:
        """Whether nobody looked at git when it happened."""
        return self._claim.evidence is None and self._claim.source != SEEN

    def _search(self, result: str, before: str | None, *others: str) -> str | None:
        """Looks for conflict markers in what was merged into ``result``."""
        if before is None:
            return None
        parents = parents_of(self._git, self._repository, result, self._left)
        made_of = parents if before in parents and len(parents) > 1 else (before, *others)
        if len(made_of) == 1 or result in made_of:
            return None
        found = leaves_conflict_markers(self._git, self._repository, result, made_of, self._left)
        return CONFLICT_MARKERS if found else None

    def _existing(self, *ids: str | None) -> frozenset[str]:
        named = [one for one in ids if one is not None]
        return existing_commits(self._git, self._repository, named, self._left)

    def _contains(self, commit: str, ancestor: str) -> bool:
        return is_ancestor(self._git, self._repository, ancestor, commit, self._left)

    def _past(self, branch: str) -> Past:
        claim = self._claim
        return past_of(self._git, self._repository, branch, claim.started, claim.ended, self._left)

    @property
    def _left(self) -> float:
        """Seconds until the deadline."""
        return max(0.001, self._ends - time.monotonic())
