"""How far is each branch from its target?"""

import time
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from alignwatch.families import choose_families, family_of
from alignwatch.git.command import Git, GitError
from alignwatch.git.refs import Ref, Refs, read_branches
from alignwatch.git.revisions import Drift, Walk, walk
from alignwatch.settings import Repository
from alignwatch.snapshot import Branch, BranchState, DivergenceReading


class DivergenceProbe:
    """Measures all branches of one repository; does nothing while no branch has moved."""

    def __init__(self, git: Git, settings: Repository, deadline: float) -> None:
        self._git = git
        self._settings = settings
        self._path = Path(settings.path)
        self._deadline = deadline
        self._last: tuple[Refs, DivergenceReading] | None = None

    def read(self) -> DivergenceReading:
        """Measures once.

        Raises:
            GitError: the branches could not be listed.
        """
        refs = read_branches(self._git, self._path, self._deadline)
        if self._last is not None and self._last[0] == refs:
            return self._last[1]
        reading = self._measure(refs)
        # What could not be computed is tried again even if nothing moves.
        self._last = None if reading.problem else (refs, reading)
        return reading

    def _measure(self, refs: Refs) -> DivergenceReading:
        watched = [ref for ref in refs.branches if not _matches(ref.text, self._settings.ignore)]
        oids = {ref.text: ref.oid for ref in refs.branches}
        targets = {ref.text: target_of(ref.text, self._settings) for ref in watched}
        pairs = [(ref.oid, oids[targets[ref.text]]) for ref in watched if targets[ref.text] in oids]
        measured, problem = self._walk(pairs)
        families = choose_families(
            (ref.text for ref in watched), self._settings.families.names, self._settings.families.limit
        )
        return DivergenceReading(
            branches=tuple(
                _branch(ref, targets[ref.text], oids, family_of(ref.text, families), measured)
                for ref in watched
            ),
            ignored=len(refs.branches) - len(watched),
            missing_targets=tuple(sorted({target for target in targets.values() if target not in oids})),
            problem=problem,
        )

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
    return Branch(
        name=ref.text,
        target=target,
        family=family,
        state=_state(drift),
        tip=ref.oid,
        tip_time=measured.tip_times.get(ref.oid),
        ahead=drift.ahead if drift else None,
        behind=drift.behind if drift else None,
        merge_base_time=drift.merge_base_time if drift else None,
    )


def _state(drift: Drift | None) -> BranchState:
    if drift is None:
        return BranchState.UNKNOWN
    if drift.ahead == 0:
        return BranchState.MERGED
    if drift.behind == 0:
        return BranchState.ALIGNED
    return BranchState.BEHIND if drift.merge_bases else BranchState.ORPHAN
