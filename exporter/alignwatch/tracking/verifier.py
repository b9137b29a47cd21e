"""Settling the journal's claims of success, one repository after another."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from alignwatch.errors import AlignwatchError
from alignwatch.git.command import Git, GitError
from alignwatch.journal.claims import Claim
from alignwatch.journal.store import Journal
from alignwatch.tracking.verification import KEPT_SECONDS, REASONS, UNKNOWN, verify

TURN_SECONDS = 10.0
"""How long the others wait for one repository at most."""
RETRY_SECONDS = 300.0

_CLAIMS_AT_ONCE = 100
"""Of each repository."""

_log = logging.getLogger(__name__)


class Verifier:
    """Settles open claims about the watched repositories; those about others stay open."""

    def __init__(self, journal: Journal, git: Git, repositories: Mapping[str, Path], deadline: float) -> None:
        """Takes the repositories by name, and the seconds that one claim may take."""
        self._journal = journal
        self._inspectors = {
            name: _Inspector(journal, git, path, deadline) for name, path in repositories.items()
        }
        self._turns: dict[str, threading.Thread] = {}

    def look(self) -> None:
        """Goes once through what is open. To be called by one thread at a time."""
        for repository, claims in self._open_claims().items():
            turn = self._turns.get(repository)
            if turn is None or not turn.is_alive():
                # On a hung file system a thread never returns: the others do not wait for it twice.
                self._turns[repository] = turn = threading.Thread(
                    target=self._inspectors[repository].settle, args=(claims,), daemon=True
                )
                turn.start()
                turn.join(TURN_SECONDS)

    def _open_claims(self) -> Mapping[str, Sequence[Claim]]:
        found = defaultdict(list)
        with suppress(AlignwatchError):  # Who reads the journal for the metrics says so.
            for claim in self._journal.claims(_CLAIMS_AT_ONCE):
                if claim.repository in self._inspectors:
                    found[claim.repository].append(claim)
        return found


class _Inspector:
    """Settles the claims about one repository.

    One that git cannot be asked about stays open and is tried again after :data:`RETRY_SECONDS`, until it is
    so old that nothing could be decided any more.
    """

    def __init__(self, journal: Journal, git: Git, path: Path, deadline: float) -> None:
        self._journal = journal
        self._git = git
        self._path = path
        self._deadline = deadline
        self._put_off: dict[str, float] = {}
        """Operation -> when to try again, by the monotonic clock."""

    def settle(self, claims: Sequence[Claim]) -> None:
        """Settles claims as long as its turn lasts."""
        began = time.monotonic()
        self._put_off = {one: due for one, due in self._put_off.items() if due > began}
        with suppress(AlignwatchError):  # The journal's: as above.
            for claim in claims:
                if claim.operation_id not in self._put_off:
                    self._settle(claim)
                if time.monotonic() - began > TURN_SECONDS:
                    break

    def _settle(self, claim: Claim) -> None:
        try:
            verdict = verify(self._git, self._path, claim, self._deadline)
        except GitError as error:
            _log.debug("%s: %r is not verified yet: %s", claim.repository, claim.operation_id, error)
            self._put_off[claim.operation_id] = time.monotonic() + RETRY_SECONDS
            if time.time() - claim.ended <= KEPT_SECONDS:
                return
            verdict = UNKNOWN
        self._journal.settle(claim, verdict)
        if verdict in REASONS:
            _log.warning(
                "%s: git does not confirm that operation %r succeeded (%s of branch %r, target %r): %s",
                *(claim.repository, claim.operation_id, claim.kind, claim.branch, claim.target, verdict),
            )
