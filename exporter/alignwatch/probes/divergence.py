"""How far is each branch from its target?"""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from alignwatch.families import choose_families, family_of
from alignwatch.git.command import Git, GitError
from alignwatch.git.refs import Ref, Refs, read_branches
from alignwatch.git.revisions import Drift, Walk, walk
from alignwatch.settings import Repository
from alignwatch.snapshot import Branch, BranchState, DivergenceReading


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one look found, with what others need who go on from there."""

    refs: Refs
    reading: DivergenceReading
    drifts: Mapping[tuple[str, str], Drift]
    """By the commits of branch and target."""


class DivergenceProbe:
    """Measures all branches of one repository; does nothing while no branch has moved."""

    def __init__(self, git: Git, settings: Repository, deadline: float) -> None:
        self._git = git
        self._settings = settings
        self._path = Path(settings.path)
        self._deadline = deadline
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
        refs = read_branches(self._git, self._path, self._deadline)
        # What could not be computed is tried again even if nothing moves.
        if isinstance(before, Measurement) and before.refs == refs and not before.reading.problem:
            return before
        return self._measure(refs)

    def _measure(self, refs: Refs) -> Measurement:
        watched = [ref for ref in refs.branches if not _matches(ref.text, self._settings.ignore)]
        oids = {ref.text: ref.oid for ref in refs.branches}
        targets = {ref.text: target_of(ref.text, self._settings) for ref in watched}
        pairs = [(ref.oid, oids[targets[ref.text]]) for ref in watched if targets[ref.text] in oids]
        measured, problem = self._walk(pairs)
        families = choose_families(
            (ref.text for ref in watched), self._settings.families.names, self._settings.families.limit
        )
        named = set(targets.values())
        reading = DivergenceReading(
            branches=tuple(
                _branch(ref, targets[ref.text], oids, family_of(ref.text, families), measured)
                for ref in watched
            ),
            ignored=len(refs.branches) - len(watched),
            target_tips={target: oids[target] for target in named if target in oids},
            missing_targets=tuple(sorted(named - oids.keys())),
            problem=problem,
        )
        return Measurement(refs, reading, measured.drifts)

    def _walk(self, pairs: list[tuple[str, str]]) -> tuple[Walk, str | None]:
        ends = time.monotonic() + self._deadline
        try:
            return walk(self._git, self._path, pairs, self._deadline), None
        except GitError as error:
            # One missing commit ends a walk over all histories; each on its own loses only its own.
            return self._walk_one_by_one(pairs, ends), str(error)

    def _walk_one_by_one(self, pairs: Iterable[tuple[str, str]], ends: float) -> Walk:
        times: dict[str, float] = {}
        drifts: dict[tuple[str, str], Drift] = {}
        for pair in dict.fromkeys(pairs):
            left = ends - time.monotonic()
            if left <= 0:
                break
            try:
                one = walk(self._git, self._path, [pair], left)
            except GitError:
                continue
            times |= one.tip_times
            drifts |= one.drifts
        return Walk(times, drifts)


def target_of(branch: str, settings: Repository) -> str:
    """The primary that a branch belongs to: the first pattern that matches, else the first primary."""
    for rule in settings.targets:
        if fnmatchcase(branch, rule.branches):
            return rule.target
    return settings.primaries[0]


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _branch(ref: Ref, target: str, oids: Mapping[str, str], family: str, measured: Walk) -> Branch:
    drift = measured.drifts.get((ref.oid, oids.get(target, "")))
    state = _state(drift)
    return Branch(
        name=ref.text,
        target=target,
        family=family,
        state=state,
        tip=ref.oid,
        tip_time=measured.tip_times.get(ref.oid),
        ahead=drift.ahead if drift else None,
        behind=drift.behind if drift else None,
        merge_base_time=drift.merge_base_time if drift else None,
        conflict_files=0 if state in (BranchState.MERGED, BranchState.ALIGNED) else None,
    )


def _state(drift: Drift | None) -> BranchState:
    if drift is None:
        return BranchState.UNKNOWN
    if drift.ahead == 0:
        return BranchState.MERGED
    if drift.behind == 0:
        return BranchState.ALIGNED
    return BranchState.BEHIND if drift.merge_bases else BranchState.ORPHAN
