"""What is recorded in the journal, and how it is read."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from alignwatch.journal import claims, recording, running
from alignwatch.journal.claims import Claim
from alignwatch.journal.database import Database, JournalPart, warn
from alignwatch.journal.running import Running
from alignwatch.operation import Operation

if TYPE_CHECKING:
    from alignwatch.alert import Alert
    from alignwatch.journal.deliveries import Delivery, SentAlert
    from alignwatch.journal.durations import Durations
    from alignwatch.journal.events import Event
    from alignwatch.journal.outbox import Waiting
    from alignwatch.journal.performance import Figures, Parts, Span
    from alignwatch.journal.reading import JournalReading
    from alignwatch.journal.singles import Singles


class RegisteredRepository(NamedTuple):
    """A repository that an exporter watches, for those who have no configuration at hand."""

    name: str
    """As in labels."""
    path: Path
    """Work tree or bare repository."""
    common_dir: Path
    """Where its refs are, without symbolic links: the same for all its work trees."""
    primaries: tuple[str, ...]
    """The first is the default target."""


class Journal(JournalPart):
    """Operations, events and alerts in the journal of one state folder."""

    def __init__(self, path: Path, warn: Callable[[str], None] = warn) -> None:
        """Takes the database file's path, and whom to tell when it had to be put aside."""
        super().__init__(path, warn)
        # A connection does not notice its own writes: this one never writes.
        self._watcher = Database(path, warn)

    def close(self) -> None:
        """Closes the file; the next call opens it again."""
        super().close()
        self._watcher.close()

    def record(self, operation: Operation) -> bool:
        """Adds an operation and counts it; it is durable on return. One already there is left as it is.

        Returns:
            Whether it was new.

        Raises:
            AlignwatchError: it could not be recorded, and nothing was.
        """
        return self._database.write(lambda one: recording.record(one, operation))

    def record_all(self, operations: Iterable[Operation]) -> list[bool]:
        """Does as :meth:`record` does with each: with all of them or with none.

        Raises:
            AlignwatchError: they could not be recorded, and nothing was.
        """
        return self._database.write(lambda one: [recording.record(one, each) for each in operations])

    def begin(self, operation: Running) -> None:
        """Notes that an operation has begun, or what is known of it now; recording it ends it.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        self._database.write(lambda one: running.begin(one, operation))

    def withdraw(self, repository: str, operation_id: str) -> None:
        """Forgets an operation that had begun and will never be recorded.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        self._database.write(lambda one: running.end(one, repository, operation_id))

    def forget_dead(self) -> None:
        """Forgets the operations in progress whose owners are no more; writes nothing if there are none.

        Raises:
            AlignwatchError: the journal cannot be used.
        """

        def forget(connection: sqlite3.Connection) -> None:
            for one in running.dead(connection):
                running.end(connection, one.repository, one.operation_id)

        if self._database.read(running.dead):
            self._database.write(forget)

    def claims(self, limit: int) -> tuple[Claim, ...]:
        """The oldest claims of success that are not settled yet, at most so many of each repository.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        return self._database.read(lambda one: claims.open_claims(one, limit))

    def settle(self, claim: Claim, refusal: str | None) -> None:
        """Notes what git says about a claim; a refusal is counted. What is settled stays as it is.

        Args:
            claim: one of :meth:`claims`.
            refusal: None when git confirms it, else one of ``tracking.verification.REASONS``.

        Raises:
            AlignwatchError: the journal cannot be used; the claim stays open.
        """
        self._database.write(lambda one: claims.settle(one, claim, refusal))

    def note_events(
        self,
        repository: str,
        happened: "Iterable[Event]",
        judged: Mapping[str, str] | None = None,
        was: Mapping[str, str | None] | None = None,
    ) -> bool:
        """Adds and counts what happened to branches of one repository, and what has been judged with it.

        Both or neither: an event is counted once, whatever ends this process. One that is there already,
        seen at the same moment, is left as it is.

        Args:
            repository: its label.
            happened: what is new.
            judged: primary -> the commit up to which its history has been judged now.
            was: primary -> as :meth:`judged_primaries` told before that, None where it told nothing. Where
                another process has judged since, nothing is noted.

        Returns:
            Whether it was noted.

        Raises:
            AlignwatchError: the journal cannot be used, and nothing was noted.
        """
        from alignwatch.journal import events  # A tracked command waits for every import.

        def write(connection: sqlite3.Connection) -> bool:
            now = events.primary_tips(connection, repository)
            if any(now.get(primary) != tip for primary, tip in (was or {}).items()):
                return False
            events.note(connection, happened)
            events.move_primaries(connection, repository, judged or {})
            return True

        return self._database.write(write)

    def events(self) -> "tuple[Event, ...]":
        """All events that are kept, the newest first.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import events

        return self._database.read(lambda one: events.newest(one, events.KEPT))

    def judged_primaries(self, repository: str) -> dict[str, str]:
        """Each primary's commit up to which its history has been judged; those never seen are absent.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import events

        return self._database.read(lambda one: events.primary_tips(one, repository))

    def note_notification(self, receiver: str, status: str, alerts: "Iterable[SentAlert]") -> None:
        """Adds and counts a notification that Alertmanager says it has sent just now.

        Args:
            receiver: the one that Alertmanager sent it by.
            status: of the whole: ``firing`` or ``resolved``.
            alerts: what it told of.

        Raises:
            AlignwatchError: the journal cannot be used, and nothing was noted.
        """
        from alignwatch.journal import deliveries

        now = time.time()
        self._database.write(lambda one: deliveries.note(one, receiver, status, alerts, now))

    def deliveries(self, since: float, limit: int) -> "tuple[Delivery, ...]":
        """What Alertmanager has sent since a moment (seconds since the epoch), at most so many, newest first.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import deliveries

        return self._database.read(lambda one: deliveries.since(one, since, limit))

    def queue_alert(self, alert: "Alert", now: float) -> bool:
        """Lets an alert wait for the exporter to send it; one that waits already is renewed in its place.

        Args:
            alert: it.
            now: seconds since the epoch.

        Returns:
            Whether it waits, which is durable; False when too many do already.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import outbox

        return self._database.write(lambda one: outbox.put(one, alert, now))

    def waiting_alert(self, identity: str) -> "Waiting | None":
        """What waits of one alert.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import outbox

        return self._database.read(lambda one: outbox.find(one, identity))

    def waiting_alerts(self, limit: int) -> "tuple[Waiting, ...]":
        """The first of the alerts that wait.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import outbox

        return self._database.read(lambda one: outbox.oldest(one, limit))

    def settle_alerts(self, alerts: "Iterable[Waiting]", outcome: str) -> None:
        """Ends the waiting of alerts and counts them; what was renewed since it was read goes on waiting.

        Args:
            alerts: of :meth:`waiting_alerts`.
            outcome: one of ``journal.outbox.OUTCOMES``.

        Raises:
            AlignwatchError: the journal cannot be used, and they go on waiting.
        """
        from alignwatch.journal import outbox

        self._database.write(lambda one: outbox.remove(one, alerts, outcome))

    def note_attempt(self, alert: "Waiting", error: str, now: float) -> None:
        """Notes why an alert could not be sent.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import outbox

        self._database.write(lambda one: outbox.note_attempt(one, alert.number, error, now))

    def prune(self, before: float) -> int:
        """Removes the details of the operations that ended before a moment; every total stays.

        For a maintenance task. An open claim goes with its operation, and counts as confirmed.

        Args:
            before: seconds since the epoch.

        Returns:
            How many operations were removed.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        return self._database.write(lambda one: recording.prune(one, before))

    def ended_before(self, before: float) -> int:
        """How many operations :meth:`prune` would remove.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        statement = "SELECT count(*) FROM operations WHERE ended < ?"
        number: int = self._database.read(lambda one: one.execute(statement, (before,)).fetchone()[0])
        return number

    def compact(self) -> int:
        """Gives the room of what was removed back to the file system, and returns how many bytes that is.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        return self._database.compact()

    def register_repositories(self, repositories: Iterable[RegisteredRepository]) -> None:
        """Adds or updates the repositories that are watched; writes nothing where nothing is new.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        rows = {
            (os.fsencode(one.common_dir), one.name, os.fsencode(one.path), "\n".join(one.primaries))
            for one in repositories
        }

        def update(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO repositories VALUES (?, ?, ?, ?)", sorted(rows))

        if not rows <= set(self._database.read(_registered)):
            self._database.write(update)

    def repository_of(self, common_dir: Path) -> RegisteredRepository | None:
        """The watched repository with this git directory (free of symbolic links), if there is one.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        return self._find(lambda repository: repository.common_dir == common_dir)

    def repository_named(self, name: str) -> RegisteredRepository | None:
        """The watched repository of this name, if there is one.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        return self._find(lambda repository: repository.name == name)

    def version(self) -> int:
        """A number that is another one whenever something was recorded; cheap enough for every second.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        changes: int = self._watcher.read(lambda one: one.execute("PRAGMA data_version").fetchone()[0])
        return (self._watcher.openings << 32) + changes

    def read(self, window_seconds: float, now: float) -> "JournalReading":
        """Everything that the metrics are made of, at one moment.

        Args:
            window_seconds: length of the window of the extremes.
            now: its end, in seconds since the epoch.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import totals  # A tracked command only writes, and waits for every import.

        return self._database.read(lambda one: totals.read(one, now - window_seconds))

    def durations(self, since: float, until: float) -> "Durations":
        """How long each operation took that succeeded between two moments, in seconds since the epoch.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import durations

        return self._database.read(lambda one: durations.read(one, since, until))

    def figures(self, span: "Span") -> "Figures":
        """All operations of a span of time together.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import performance

        return self._database.read(lambda one: performance.figures(one, span))

    def parts(self, span: "Span") -> "Parts":
        """How long each part of each operation of a span of time took that succeeded.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import performance

        return self._database.read(lambda one: performance.parts(one, span))

    def components(self, span: "Span") -> dict[str, list[float]]:
        """As :meth:`parts`, by phase alone; an operation without phases is one part named after its kind.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import performance

        return self._database.read(lambda one: performance.components(one, span))

    def singles(self, since: float, until: float, limit: int) -> "Singles":
        """The slowest and the failed operations that ended between two moments, at most so many of each.

        Raises:
            AlignwatchError: the journal cannot be used.
        """
        from alignwatch.journal import singles

        return self._database.read(lambda one: singles.read(one, since, until, limit))

    def _find(self, wanted: Callable[[RegisteredRepository], bool]) -> RegisteredRepository | None:
        for common_dir, name, path, primaries in self._database.read(_registered):
            repository = RegisteredRepository(
                name, Path(os.fsdecode(path)), Path(os.fsdecode(common_dir)), tuple(primaries.split("\n"))
            )
            if wanted(repository):
                return repository
        return None


def _registered(connection: sqlite3.Connection) -> list[tuple[bytes, str, bytes, str]]:
    return connection.execute("SELECT common_dir, name, path, primaries FROM repositories").fetchall()
