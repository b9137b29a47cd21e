"""Which branches hold work that is nowhere else?

A commit is *unsaved* when it is in no primary, in no remote's branch as it was last fetched, and in no
backup. A backup counts for what it reaches, whatever it is called after, and so does each of its forms: a
branch, a tag, an annotated tag. Other branches save nothing: a commit that two of them share counts for
both, and once among the distinct ones.

Work that was rebased, picked or squashed has other commits, and those it came from count as unsaved. To
compare what they change would take a run of git a branch. It errs on the safe side: the worst is a branch
that is kept although its work is in.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.git.reach import reach_beyond
from alignwatch.git.refs import list_all, parse_all
from alignwatch.roles import Role, role_of
from alignwatch.settings import Repository
from alignwatch.snapshot import UnsavedReading

_SAFE = (Role.PRIMARY, Role.REMOTE, Role.BACKUP)


class UnsavedProbe:
    """Counts the unsaved commits of one repository; does nothing while no ref has moved."""

    def __init__(self, git: Git, settings: Repository, deadline: float) -> None:
        self._git = git
        self._settings = settings
        self._path = Path(settings.path)
        self._deadline = deadline
        self._last: tuple[bytes, UnsavedReading] | None = None
        """What the refs were like, and what came of it."""

    def read(self) -> UnsavedReading:
        """Counts once.

        Raises:
            GitError: the refs could not be listed, or no branch's history be read.
        """
        listed = list_all(self._git, self._path, self._deadline)
        refs, before = hashlib.blake2b(listed, digest_size=16).digest(), self._last
        # What could not be counted is tried again even if nothing moves.
        if before is not None and before[0] == refs and not before[1].problem:
            return before[1]
        reading = self._count(parse_all(listed))
        if before is not None and before[1] == reading:
            reading = before[1]
        self._last = refs, reading
        return reading

    def _count(self, refs: Mapping[bytes, str]) -> UnsavedReading:
        roles = {ref: role_of(ref, self._settings) for ref in refs}
        beyond = reach_beyond(
            self._git,
            self._path,
            tips=[oid for ref, oid in refs.items() if roles[ref] is not Role.OTHER],
            others=[oid for ref, oid in refs.items() if roles[ref] in _SAFE],
            deadline=self._deadline,
        )
        work = [beyond.counts.get(oid) for ref, oid in refs.items() if roles[ref] is Role.WORK]
        return UnsavedReading(
            commits_of=beyond.counts,
            branches=sum(1 for commits in work if commits),
            commits=beyond.commits,
            oldest=beyond.oldest,
            unknown=work.count(None),
            problem=beyond.problem,
        )
