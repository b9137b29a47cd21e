"""Did a branch take work with it when it vanished?

Compares where branches are with where they were at the last look. One is suspected when commits that it held
are in no ref any more, and is judged by :mod:`alignwatch.lost_work.judge` at a later look, because a branch
that is renamed is gone for a moment:

- A branch that is gone is judged at the next look. Each commit of it that is lost counts.
- A branch that was moved has usually been rewritten, and its new commits speak for themselves. It is judged
  only if it holds nothing of its own an hour later, that is if a primary has all of it, and it has lost
  something only if nothing of it is found again: who splits a commit takes it back first.

Work that came and went between two looks is never seen, nor is what the last commits of a branch held when
only these were dropped, nor what a backup held alone. What a branch held before the first look is not judged.
"""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from alignwatch.git.command import Git, GitError
from alignwatch.git.reach import ALL_REFS, reach_beyond
from alignwatch.git.refs import HEADS, display, is_refused, list_all, parse_all
from alignwatch.journal.events import Event
from alignwatch.journal.store import Journal
from alignwatch.lost_work import EVENT
from alignwatch.lost_work.memory import LastLook, Memory, Suspect
from alignwatch.probes.divergence import target_of
from alignwatch.roles import Role, role_of
from alignwatch.settings import Repository
from alignwatch.shell import typed
from alignwatch.snapshot import LostWorkReading

SETTLED_SECONDS = 3600.0
"""A branch that was moved is judged after so long."""
_MOST_FAILURES = 20
_HEADS = HEADS.encode()

_log = logging.getLogger(__name__)


class LostWorkProbe:
    """Watches the branches of one repository vanish; does nothing while no ref moves."""

    def __init__(
        self,
        git: Git,
        settings: Repository,
        journal: Journal,
        cache_dir: Path,
        deadline: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._git = git
        self._settings = settings
        self._path = Path(settings.path)
        self._journal = journal
        self._memory = Memory(self._path, cache_dir)
        self._deadline = deadline
        self._clock = clock
        self._last: tuple[bytes, LostWorkReading] | None = None
        """What the refs were like, and what came of it."""

    def read(self) -> LostWorkReading:
        """Looks once, and notes in the journal what is lost: once, whatever ends this process.

        Raises:
            GitError: the refs could not be listed, or compared with the last look's.
            AlignwatchError: the journal cannot be used.
            OSError: the cache folder cannot be written.
        """
        listed = list_all(self._git, self._path, self._deadline)
        refs = hashlib.blake2b(listed, digest_size=16).digest()
        if self._last is None or self._last[0] != refs or self._last[1].suspects:
            self._last = refs, self._look(parse_all(listed))
        return self._last[1]

    def _look(self, refs: Mapping[bytes, str]) -> LostWorkReading:
        now, before = self._clock(), self._memory.load()
        tips = {ref: oid for ref, oid in refs.items() if role_of(ref, self._settings) is Role.WORK}
        suspects: dict[tuple[bytes, str], Suspect] = {}
        if before is not None:
            left = self._judge(before.suspects, refs, now)
            found = self._suspects(before.tips, tips, now)
            suspects = {(one.branch, one.tip): one for one in (*found, *left)}
        look = LastLook(tips, tuple(suspects.values()))
        if look != before:
            self._memory.save(look)
        return LostWorkReading(len(suspects))

    def _suspects(
        self, before: Mapping[bytes, str], tips: Mapping[bytes, str], now: float
    ) -> Iterator[Suspect]:
        moved = {ref: tip for ref, tip in before.items() if tips.get(ref) != tip}
        beyond = reach_beyond(self._git, self._path, moved.values(), (), self._deadline, ALL_REFS)
        return (Suspect(ref, tip, now) for ref, tip in moved.items() if beyond.counts.get(tip))

    def _judge(self, suspects: Sequence[Suspect], refs: Mapping[bytes, str], now: float) -> list[Suspect]:
        """Notes what is lost, and returns the suspects that are still to be judged."""
        ends = time.monotonic() + self._deadline / 2
        lost: list[Event] = []
        left: list[Suspect] = []
        for one in sorted(suspects, key=lambda suspect: suspect.failures):
            seconds = ends - time.monotonic()
            if seconds <= 0 or (one.branch in refs and 0 <= now - one.since < SETTLED_SECONDS):
                left.append(one)
                continue
            try:
                commits = self._lost_commits(one, refs, seconds)
            except GitError as error:
                left += self._once_more(one, error)
                continue
            if commits:
                lost.append(self._event(one, refs.get(one.branch), commits))
        if lost:
            self._journal.note_events(self._settings.label, lost)
        return left

    def _lost_commits(self, suspect: Suspect, refs: Mapping[bytes, str], deadline: float) -> int:
        primaries = {name: refs.get(_HEADS + name.encode()) for name in self._settings.primaries}
        tip = refs.get(suspect.branch)
        if tip is not None:
            there = [oid for oid in primaries.values() if oid is not None]
            if reach_beyond(self._git, self._path, [tip], there, deadline).counts.get(tip) != 0:
                return 0
        target = primaries.get(target_of(_name(suspect.branch), self._settings))
        from alignwatch.lost_work.judge import loss_of  # Most of the time nothing vanishes.

        loss = loss_of(self._git, self._path, suspect.tip, target, deadline)
        return loss.commits if tip is None or not loss.found else 0

    def _once_more(self, suspect: Suspect, error: GitError) -> Iterator[Suspect]:
        if suspect.failures + 1 < _MOST_FAILURES:
            yield replace(suspect, failures=suspect.failures + 1)
        else:
            name = _name(suspect.branch)
            _log.warning(
                "%s: whether work of branch %r is lost cannot be told: %s", self._settings.label, name, error
            )

    def _event(self, suspect: Suspect, tip: str | None, commits: int) -> Event:
        name = _name(suspect.branch)
        again = os.fsdecode(suspect.branch.removeprefix(_HEADS)) + ("" if tip is None else "-lost")
        way_back = f"{_that_makes(again, suspect.tip)} brings it back until git's gc removes it"
        _log.warning(
            "%s: branch %r vanished with %d commits that are nowhere else; %s",
            *(self._settings.label, name, commits, way_back),
        )
        return Event(
            repository=self._settings.label,
            event=EVENT,
            branch=name,
            tip_before=suspect.tip,
            tip_after=tip,
            commit=suspect.tip,
            paths=(),
            path_count=commits,
            detail=way_back,
            seen=suspect.since,
        )


def _name(ref: bytes) -> str:
    return display(ref.removeprefix(_HEADS))


def _that_makes(branch: str, tip: str) -> str:
    """The command that makes a branch, and overwrites none."""
    if is_refused(branch):
        return typed(("git", "update-ref", f"{HEADS}{branch}", tip, ""))
    return typed(("git", "branch", branch, tip))
