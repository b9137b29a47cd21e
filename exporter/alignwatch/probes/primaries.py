"""What has happened to the primaries since they were last looked at?

What a primary was when it was first seen is where the judgement begins: nothing before that is judged. Each
move is judged once, whichever of several exporters sees it first, and whatever ends this process: what is
found and how far the judgement has come are noted together. What is judged is a span between two commits, so
a primary may move meanwhile, or be gone for a time.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from alignwatch.events import paths_in_short
from alignwatch.git.command import Git, GitError
from alignwatch.git.commits import existing_commits
from alignwatch.git.refs import HEADS, display, list_all, parse_all
from alignwatch.git.shadow import Shadow, ShadowInUseError
from alignwatch.journal.events import Event
from alignwatch.journal.store import Journal
from alignwatch.names import legible
from alignwatch.primaries.finding import Finding
from alignwatch.primaries.inquiry import Inquiry, Move
from alignwatch.primaries.never_merge import Opposite
from alignwatch.settings import Repository
from alignwatch.snapshot import PrimariesReading
from alignwatch.state_dir import name_in_cache
from alignwatch.text import printable

_log = logging.getLogger(__name__)


class PrimariesProbe:
    """Judges the moves of one repository's primaries; does nothing while none moves."""

    def __init__(
        self,
        git: Git,
        settings: Repository,
        journal: Journal,
        cache_dir: Path,
        deadline: float,
        patience: float,
    ) -> None:
        """Takes what judges.

        Args:
            git: runs it.
            settings: the repository.
            journal: where it is noted.
            cache_dir: where the shadow is made.
            deadline: seconds for each question of where the primaries are.
            patience: seconds to judge one move in. Another one is begun only if the first took less.
        """
        self._git = git
        self._settings = settings
        self._path = Path(settings.path)
        self._journal = journal
        self._shadow = Shadow(cache_dir / name_in_cache("primaries", self._path), self._path)
        self._deadline = deadline
        self._patience = patience
        self._judged: dict[str, str] = {}
        self._last: PrimariesReading | None = None

    def read(self) -> PrimariesReading:
        """Looks once, and notes in the journal what has happened.

        Raises:
            GitError: the primaries could not be listed, or one is at a commit that is not there.
            AlignwatchError: the journal cannot be used; the moves are judged at the next look.
            OSError: the cache folder cannot be written; likewise.
        """
        tips = self._tips()
        if any(self._judged.get(name) != tip for name, tip in tips.items()):
            self._catch_up(tips)
        judged = {name: self._judged[name] for name in tips if name in self._judged}
        if self._last is None or self._last.tips != judged:
            self._last = PrimariesReading(judged)
        return self._last

    def _tips(self) -> dict[str, str]:
        """Where the primaries are; the missing ones are absent."""
        wanted = [f"{HEADS}{name}" for name in _primaries_of(self._settings)]
        listed = parse_all(list_all(self._git, self._path, self._deadline, wanted))
        tips = {display(name).removeprefix(HEADS): oid for name, oid in listed.items()}
        return {name: tips[name] for name in _primaries_of(self._settings) if name in tips}

    def _catch_up(self, tips: Mapping[str, str]) -> None:
        """Judges one move after another, as long as there is time."""
        began = time.monotonic()
        noted = self._journal.judged_primaries(self._settings.label)
        # What was judged is remembered here, too: a journal that was lost must not swallow a move.
        self._judged |= noted
        before = dict(self._judged)
        there = existing_commits(self._git, self._path, tips.values(), self._deadline)
        for name, tip in tips.items():
            if tip in there and before.get(name) != tip and time.monotonic() - began < self._patience:
                findings = self._judge(name, before, tips)
                if findings is not None and self._note(name, noted.get(name), before, tip, findings):
                    self._judged[name] = tip
        missing = [name for name, tip in tips.items() if tip not in there]
        if missing:
            raise GitError(
                f"{self._path}: {missing[0]!r} is at the commit {tips[missing[0]]}, which is not there; "
                "what happened to it cannot be judged (git fsck)",
                reason="git",
            )

    def _judge(
        self, name: str, before: Mapping[str, str], tips: Mapping[str, str]
    ) -> tuple[Finding, ...] | None:
        """What was found about one primary; None where another process is at it."""
        if name not in before:
            return ()
        from alignwatch.primaries.judgement import judge  # Most of the time nothing moves.

        move = Move(name, before[name], tips[name])
        others = [
            Opposite(other, before.get(other), tips[other])
            for other in _never_merged_with(name, self._settings)
            if other in tips
        ]
        try:
            with self._shadow.opened(move.new) as folder:
                ends = time.monotonic() + self._patience
                return judge(Inquiry(self._git, self._shadow, folder, ends), move, others)
        except ShadowInUseError:
            return None

    def _note(
        self,
        name: str,
        noted: str | None,
        before: Mapping[str, str],
        tip: str,
        findings: Iterable[Finding],
    ) -> bool:
        label, seen = self._settings.label, time.time()
        events = [
            Event(
                repository=label,
                event=one.event,
                branch=legible(name),
                tip_before=before.get(name),
                tip_after=tip,
                commit=one.commit,
                paths=one.paths,
                path_count=one.path_count,
                detail=one.detail,
                seen=seen,
            )
            for one in findings
        ]
        if not self._journal.note_events(label, events, {name: tip}, {name: noted}):
            return False
        for event in events:
            _warn(event)
        return True


def _primaries_of(settings: Repository) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*settings.primaries, *(rule.target for rule in settings.targets))))


def _never_merged_with(name: str, settings: Repository) -> list[str]:
    pairs = (pair for pair in settings.never_merge if name in pair)
    return [other for one, other in (pair if pair[0] == name else pair[::-1] for pair in pairs)]


def _warn(event: Event) -> None:
    paths = f" ({paths_in_short(event.paths, event.path_count)})" if event.paths else ""
    what = f"{event.event} by {event.commit}: {event.detail}{paths}"
    _log.warning("%s", printable(f"{event.repository}: primary {event.branch!r}: {what}"))
