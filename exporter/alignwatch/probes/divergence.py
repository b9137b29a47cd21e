"""How far is each branch from its target?"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from alignwatch.divergence.measurer import Measurer
from alignwatch.families import FamilyNames, family_of
from alignwatch.git.command import Completed, Git, GitError
from alignwatch.git.history import history_mark
from alignwatch.git.refs import Ref, Refs, list_branches, parse_branches
from alignwatch.git.revisions import Drift
from alignwatch.git.tips import Tip
from alignwatch.patterns import matches_any
from alignwatch.settings import Repository
from alignwatch.snapshot import Author, Branch, BranchState, DivergenceReading, NeverMerge
from alignwatch.state_dir import name_in_cache

_SHARE = 0.9
"""Of the deadline: what was found until then is still told."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one look found, with what others need who go on from there."""

    refs: Refs
    reading: DivergenceReading
    drifts: Mapping[tuple[str, str], Drift]
    """By the commits of branch and target."""
    history: str
    """The mark of what makes history look other than its commits say."""
    commits: int
    """How many a walk meets."""


class DivergenceProbe:
    """Measures all branches of one repository; does nothing while no branch has moved."""

    def __init__(
        self, git: Git, settings: Repository, deadline: float, cache_dir: Path | None = None
    ) -> None:
        """Takes what it watches.

        Args:
            git: runs it.
            settings: the repository's.
            deadline: seconds for one look.
            cache_dir: where it keeps what a restart should not forget; None: nowhere.
        """
        self._git = git
        self._settings = settings
        self._path = Path(settings.path)
        self._deadline = deadline
        self._measurer = Measurer(git, self._path, cache_dir)
        file = cache_dir / f"{name_in_cache('families', self._path)}.txt" if cache_dir else None
        self._families = FamilyNames(settings.families, file)
        self._maker = _Maker(settings)
        self._listed: tuple[Completed, Refs] | None = None
        self._latest: Measurement | GitError | None = None
        self._looked = threading.Event()

    def latest(self, patience: float = 0.0) -> Measurement:
        """What the last look found. Any thread may ask.

        Args:
            patience: seconds to wait for the first look to end.

        Raises:
            GitError: it failed, or there was none.
        """
        self._looked.wait(patience)
        latest = self._latest
        if latest is None:
            raise GitError(f"{self._path}: its branches have not been measured yet", reason="timeout")
        if isinstance(latest, GitError):
            raise GitError(str(latest), reason=latest.reason)
        return latest

    def read(self) -> DivergenceReading:
        """Measures once.

        Raises:
            GitError: the branches could not be listed.
        """
        try:
            self._latest = measurement = self._look(self._latest)
        except GitError as error:
            self._latest = error
            raise
        finally:
            self._looked.set()
        return measurement.reading

    def _look(self, before: Measurement | GitError | None) -> Measurement:
        ends = time.monotonic() + _SHARE * self._deadline
        refs = self._refs()
        history = self._history(refs)
        if not isinstance(before, Measurement):
            return self._measure(refs, history, ends)
        if before.refs is not refs or before.history != history:
            return self._measure(refs, history, ends)
        if before.reading.problem is None:
            return before
        # What could not be computed is tried again even if nothing moves.
        found = self._measure(refs, history, ends)
        return before if found == before else found

    def _refs(self) -> Refs:
        remotes = self._settings.remotes
        listed = list_branches(self._git, self._path, self._deadline, remotes)
        before, refs = self._listed or (None, None)
        if refs is None or before != listed:
            refs = parse_branches(listed, remotes, refs.branches if refs else ())
            self._listed = listed, refs
        return refs

    def _history(self, refs: Refs) -> str:
        try:
            return history_mark(self._path, refs.replaced)
        except OSError as error:
            raise GitError(f"{error.filename}: {error.strerror}", reason="permission") from None

    def _measure(self, refs: Refs, history: str, ends: float) -> Measurement:
        settings = self._settings
        watched = [ref for ref in refs.branches if not matches_any(ref.plain, settings.ignore)]
        oids = {ref.text: ref.oid for ref in refs.branches if ref.remote is None}
        targets = {ref.text: _target_of_ref(ref, settings) for ref in watched}
        named = set(targets.values())
        apart = list(_never_merge(settings))
        pairs = [(ref.oid, oids[targets[ref.text]]) for ref in watched if targets[ref.text] in oids]
        pairs += [(oids[one], oids[other]) for one, other in apart if one in oids and other in oids]
        measured = self._measurer.measure(
            pairs, (ref.oid for ref in watched), history, max(0.0, ends - time.monotonic())
        )
        families = self._families.choose(ref.plain for ref in watched)
        drifts = measured.drifts
        grounds = (
            _Grounds(
                ref,
                target := targets[ref.text],
                family_of(ref.plain, families),
                drifts.get((ref.oid, oids.get(target, ""))),
                measured.tips.get(ref.oid),
            )
            for ref in watched
        )
        reading = DivergenceReading(
            branches=self._maker.make(grounds),
            ignored=len(refs.branches) - len(watched),
            target_tips={target: oids[target] for target in named if target in oids},
            missing_targets=tuple(sorted(named - oids.keys())),
            problem=measured.problem,
            never_merge=tuple(
                _never_merged(one, other, drifts.get((oids.get(one, ""), oids.get(other, ""))))
                for one, other in apart
            ),
        )
        return Measurement(refs, reading, drifts, history, measured.commits)


def target_of(branch: str, settings: Repository) -> str:
    """The primary that a branch belongs to: the first pattern that matches, else the first primary."""
    for rule in settings.targets:
        if fnmatchcase(branch, rule.branches):
            return rule.target
    return settings.primaries[0]


def _target_of_ref(ref: Ref, settings: Repository) -> str:
    """As :func:`target_of`; what a remote has of a primary is compared with the primary here."""
    if ref.remote is not None and ref.plain in settings.primaries:
        return ref.plain
    return target_of(ref.plain, settings)


def _never_merge(settings: Repository) -> Iterator[tuple[str, str]]:
    """The pairs; where one of the two is the other's target, that comes second, else the first named does."""
    for first, second in settings.never_merge:
        yield (first, second) if target_of(first, settings) == second else (second, first)


def _never_merged(branch: str, target: str, drift: Drift | None) -> NeverMerge:
    return NeverMerge(branch, target, drift.ahead if drift else None, drift.behind if drift else None)


class _Grounds(NamedTuple):
    """All that what is told of one branch rests on."""

    ref: Ref
    target: str
    family: str
    drift: Drift | None
    tip: Tip | None


class _Maker:
    """Makes what is told of each branch; what rests on the same as before is not made again."""

    def __init__(self, settings: Repository) -> None:
        self._bots = settings.bots
        self._apart = {frozenset(pair) for pair in settings.never_merge}
        self._made: dict[str, tuple[_Grounds, Branch]] = {}

    def make(self, grounds: Iterable[_Grounds]) -> tuple[Branch, ...]:
        """One branch for each."""
        made = {}
        for one in grounds:
            before = self._made.get(one.ref.text)
            made[one.ref.text] = before if before and before[0] == one else (one, self._branch(one))
        self._made = made
        return tuple(branch for _, branch in made.values())

    def _branch(self, grounds: _Grounds) -> Branch:
        ref, target, family, drift, tip = grounds
        apart = ref.remote is None and frozenset((ref.text, target)) in self._apart
        state = BranchState.APART if apart and drift else _state(drift)
        return Branch(
            name=ref.text,
            target=target,
            family=family,
            state=state,
            tip=ref.oid,
            tip_time=tip.time if tip else None,
            ahead=drift.ahead if drift else None,
            behind=drift.behind if drift else None,
            merge_base_time=drift.merge_base_time if drift else None,
            conflict_files=0 if state in (BranchState.MERGED, BranchState.ALIGNED) else None,
            author=self._kind_of(tip) if tip else None,
            remote=ref.remote,
        )

    def _kind_of(self, tip: Tip) -> Author:
        return Author.BOT if matches_any(tip.author, self._bots) else Author.PERSON


def _state(drift: Drift | None) -> BranchState:
    if drift is None:
        return BranchState.UNKNOWN
    if drift.ahead == 0:
        return BranchState.MERGED
    if drift.behind == 0:
        return BranchState.ALIGNED
    return BranchState.BEHIND if drift.merge_bases else BranchState.ORPHAN
