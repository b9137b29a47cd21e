"""The exporter's life: wiring, and the clocks on which things happen.

Probe runs and journal readings arrive on the event loop; whenever something new arrived, and at least
every :data:`PUBLISH_SECONDS`, everything that is handed out is made anew in a thread.
"""

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from alignwatch.alerting.sender import Sender
from alignwatch.branches import NO_BRANCHES
from alignwatch.collisions import NO_COLLISIONS
from alignwatch.errors import AlignwatchError
from alignwatch.events import NO_EVENTS
from alignwatch.git.command import Git, GitError
from alignwatch.hooks.dispatcher import Dispatcher
from alignwatch.hooks.status_file import StatusFile
from alignwatch.journal.reading import JournalReading
from alignwatch.journal.store import Journal
from alignwatch.journal.watcher import JournalWatcher
from alignwatch.maintenance.driver import Driver
from alignwatch.metrics.page import Page
from alignwatch.probes import doctor_tasks, noting_tasks, tasks_of
from alignwatch.probes.runner import Lane, Runner, Task
from alignwatch.publisher import Knowledge, Publication, Publisher
from alignwatch.session import begun, next_session
from alignwatch.settings import Settings
from alignwatch.snapshot import ProbeRun, Snapshot
from alignwatch.state_dir import journal_path, trace_folder
from alignwatch.tracking.registration import registrations
from alignwatch.tracking.trace.listener import TraceListener, TraceReading
from alignwatch.tracking.trend import Trends
from alignwatch.tracking.verifier import Verifier
from alignwatch.web.page.view import View
from alignwatch.web.server import Content, serving

PUBLISH_SECONDS = 15.0
"""At least so often a page is made: what is too old goes, and what follows from the clock moves."""
STALE_SECONDS = 4 * PUBLISH_SECONDS
"""A page older than this means that its maker has died; it is not handed out any more."""
_COALESCE_SECONDS = 0.2
_PUBLISHING_SHARE = 0.005
"""Making pages takes no more than this share of the time, however much is looked at."""
_LONGEST_PAUSE_SECONDS = 5.0
_JOURNAL_SECONDS = 1.0
_LISTEN_SECONDS = 1.0
_VERIFY_SECONDS = 5.0
_SEND_SECONDS = 2.0
_TELL_SECONDS = 2.0
_MAINTAIN_SECONDS = 15.0
_TREND_SECONDS = 600.0
"""A trend of weeks need not follow every operation, and it takes a look at each of them."""

if TYPE_CHECKING:
    from alignwatch.web.audit import Audit

T = TypeVar("T")

_log = logging.getLogger(__name__)


async def run(load: Callable[[], Settings], config: Path | None = None) -> None:
    """Runs the exporter until SIGTERM or SIGINT; SIGHUP reads the configuration again.

    Args:
        load: reads the configuration.
        config: the file that it reads; None for the defaults.

    Raises:
        ConfigurationError: the configuration is wrong at the start. Later, a wrong one is refused
            with its reason in the log and in a metric, and the old one stays.
        AlignwatchError: an address cannot be listened on.
    """
    stop, reload = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number, event in ((signal.SIGTERM, stop), (signal.SIGINT, stop), (signal.SIGHUP, reload)):
        loop.add_signal_handler(number, event.set)
    exporter = Exporter(load(), config)
    async with serving(exporter.content(), exporter.settings.web) as addresses:
        for address in addresses:
            _log.info("listening on %s", address)
        while not stop.is_set():
            reload.clear()
            await _until_any(exporter.watch(), stop.wait(), reload.wait())
            if reload.is_set() and not stop.is_set():
                exporter.reload(load)
    exporter.close()
    _log.info("stopped")


async def _aside(work: Callable[[], T]) -> T:
    """Does it in a thread that the end does not wait for: a dead network mount may keep it for ever."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()
    threading.Thread(target=lambda: future.set_result(work()), daemon=True).start()
    return await asyncio.wrap_future(future)


async def _until_any(*coroutines: Coroutine[None, None, object]) -> None:
    """Waits until one ends, then ends the others; a failure of one is raised."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    for task in done:
        task.result()


class Exporter:
    """Everything that is known, and what is handed out of it."""

    def __init__(self, settings: Settings, config: Path | None = None) -> None:
        self.settings = settings
        self._config = config
        self._git = Git()
        self._publisher = Publisher(_version(self._git))
        self._publication: Publication | None = None
        self._tasks: tuple[Task, ...] = ()
        self._runs: dict[tuple[str, str], ProbeRun] = {}
        self._duties = _Duties(settings, self._git)
        self._maintenance = Driver(settings)
        self._trace: TraceReading | None = None
        self._reading: JournalReading | None = None
        self._trends: Trends = {}
        self._reload_ok = True
        self._reload_time = time.time()
        self._session = begun(self._reload_time)
        self._changed = asyncio.Event()

    def content(self) -> Content:
        """What the server hands out; each call picks up what lies ready."""
        return Content(
            page=self._fresh_page,
            ready=self.why_not_ready,
            status=lambda: self._publication.status_json if self._publication else b"null",
            branches=lambda: self._publication.branches if self._publication else NO_BRANCHES,
            collisions=lambda: self._publication.collisions if self._publication else NO_COLLISIONS,
            events=lambda: self._publication.events if self._publication else NO_EVENTS,
            view=lambda: self._publication.view if self._publication else View(self.settings),
            audit=lambda: self._duties.audit,
        )

    async def watch(self) -> None:
        """Keeps looking and publishing with the present settings until cancelled."""
        noting = noting_tasks(self.settings, self._git, self._duties.journal)
        doctor = doctor_tasks(self.settings, self._config)
        self._tasks = (*tasks_of(self.settings, self._git), *noting, *doctor)
        expected = {(task.name, task.repository) for task in self._tasks}
        self._runs = {key: run for key, run in self._runs.items() if key in expected}
        # A page without what the journal holds would let its counters start at nothing.
        await self._read_journal()
        retry = self.settings.monitoring.health_check_interval_seconds
        async with asyncio.TaskGroup() as group:
            group.create_task(Runner(self._tasks, self._accept, retry_seconds=retry).run())
            group.create_task(self._keep_reading_journal())
            group.create_task(self._keep_listening())
            group.create_task(self._keep_finding_trends())
            group.create_task(self._keep_verifying())
            group.create_task(self._keep_sending())
            group.create_task(self._keep_telling())
            group.create_task(self._keep_maintaining())
            group.create_task(self._keep_publishing())

    def reload(self, load: Callable[[], Settings]) -> None:
        """Takes a new configuration, or keeps the old one if the new one is wrong."""
        try:
            settings = load()
            duties = _Duties(settings, self._git)
        except AlignwatchError as error:
            self._reload_ok = False
            _log.error("configuration refused, the old one stays: %s", error)
            return
        if settings.web != self.settings.web:
            _log.warning("web: a change takes effect at the next start")
        self._duties.close()
        self._duties = duties
        self._maintenance.reload(settings)
        self.settings, self._reload_ok, self._reload_time = settings, True, time.time()
        _log.info("configuration read again")

    def close(self) -> None:
        """Ends what still runs."""
        if self._publication is not None:
            self._publish(self._knowledge(stopping=True))
        self._git.close()
        self._duties.close()
        self._maintenance.close()

    def why_not_ready(self) -> str | None:
        """Why what is handed out may not be relied on; None when it may."""
        for missing in self._to_come():
            return f"starting: {missing}"
        if self._fresh_page() is None:
            return f"no page was made within {STALE_SECONDS:g} s"
        return next(self._late(), None)

    def _to_come(self) -> Iterator[str]:
        for task in self._tasks:
            if task.lane is Lane.QUICK and (task.name, task.repository) not in self._runs:
                yield f"{task.name} of {task.repository or 'the host'} has not been looked at yet"

    def _late(self) -> Iterator[str]:
        for run in self._runs.values():
            age = time.time() - run.started
            if age > run.maximum_age:
                yield f"{run.probe} of {run.repository or 'the host'} was last looked at {age:.0f} s ago"

    def _amiss(self) -> Iterator[str]:
        """What keeps us from watching all that we should."""
        if not self._reload_ok:
            yield "the new configuration was refused"
        if self._reading is None:
            yield "the journal cannot be read"
        for run in self._runs.values():
            if not run.ok:
                yield f"{run.probe} of {run.repository or 'the host'} fails"
        yield from self._late()

    def _fresh_page(self) -> Page | None:
        page = self._publication.page if self._publication else None
        return page if page is not None and time.time() - page.made <= STALE_SECONDS else None

    def _accept(self, run: ProbeRun) -> None:
        before = self._runs.get((run.probe, run.repository))
        if run.error is not None and (before is None or before.error != run.error):
            _log.warning("%s of %s: %s", run.probe, run.repository or "the host", run.error)
        if run.ok and before is not None and not before.ok:
            _log.info("%s of %s: well again", run.probe, run.repository or "the host")
        self._runs[run.probe, run.repository] = run
        self._changed.set()

    async def _keep_reading_journal(self) -> None:
        while True:
            await asyncio.sleep(_JOURNAL_SECONDS)
            await self._read_journal()

    async def _read_journal(self) -> None:
        reading = await asyncio.to_thread(self._duties.watcher.look)
        if reading != self._reading:
            self._reading = reading
            self._changed.set()

    async def _keep_listening(self) -> None:
        while True:
            self._trace = await _aside(self._duties.listener.look)
            await asyncio.sleep(_LISTEN_SECONDS)

    async def _keep_finding_trends(self) -> None:
        while True:
            self._trends = await asyncio.to_thread(self._duties.watcher.trends)
            self._changed.set()
            await asyncio.sleep(_TREND_SECONDS)

    async def _keep_verifying(self) -> None:
        while True:
            await _aside(self._duties.verifier.look)
            await asyncio.sleep(_VERIFY_SECONDS)

    async def _keep_sending(self) -> None:
        while True:
            if self._reading is not None and self._reading.outbox.waiting:
                await _aside(self._duties.sender.look)
            await asyncio.sleep(_SEND_SECONDS)

    async def _keep_telling(self) -> None:
        while self._duties.dispatcher.has_readers:
            await _aside(self._tell)
            await asyncio.sleep(_TELL_SECONDS)

    def _tell(self) -> None:
        self._duties.dispatcher.look(self._publication.status if self._publication else None)

    async def _keep_maintaining(self) -> None:
        while True:
            await _aside(self._maintenance.look)
            await asyncio.sleep(_MAINTAIN_SECONDS)

    async def _keep_publishing(self) -> None:
        pause = _COALESCE_SECONDS
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), PUBLISH_SECONDS)
                # Probes end in swarms; one page for all of them.
                await asyncio.sleep(pause)
            self._changed.clear()
            began = time.monotonic()
            await asyncio.to_thread(self._publish, self._knowledge())
            taken = time.monotonic() - began
            pause = min(max(_COALESCE_SECONDS, taken / _PUBLISHING_SHARE), _LONGEST_PAUSE_SECONDS)

    def _publish(self, knowledge: Knowledge) -> None:
        self._publication = self._publisher.make(knowledge)
        self._duties.status_file.write(self._publication.status_json)

    def _knowledge(self, *, stopping: bool = False) -> Knowledge:
        self._session = next_session(
            self._session,
            to_come=tuple(self._to_come()),
            amiss=tuple(self._amiss()),
            stopping=stopping,
            now=time.time(),
        )
        return Knowledge(
            session=self._session,
            settings=self.settings,
            snapshot=Snapshot(time.time(), dict(self._runs)),
            journal=self._reading,
            trends=self._trends,
            reload_ok=self._reload_ok,
            reload_time=self._reload_time,
            trace=self._trace,
        )


class _Duties:
    """What is done beside looking, with one configuration and on one journal.

    Raises:
        UsageError: the token of the audit cannot be used.
    """

    def __init__(self, settings: Settings, git: Git) -> None:
        self.journal = journal = Journal(journal_path(settings.state_folder))
        paths = {repository.label: Path(repository.path) for repository in settings.repositories}
        window = settings.monitoring.operation_window_seconds
        self.watcher = JournalWatcher(journal, window, lambda: registrations(settings))
        self.listener = TraceListener(
            trace_folder(settings.state_folder), journal, frozenset(paths), time.time
        )
        self.verifier = Verifier(journal, git, paths, settings.monitoring.probe_deadline_seconds)
        self.sender = Sender(journal, settings)
        self.dispatcher = Dispatcher(settings)
        self.status_file = StatusFile(settings.propagation.status_file)
        self.audit = _audit(settings, journal)

    def close(self) -> None:
        """Takes nothing more; who is at work still ends it."""
        if self.audit is not None:
            self.audit.close()
        self.dispatcher.close()
        self.journal.close()


def _audit(settings: Settings, journal: Journal) -> "Audit | None":
    token_file = settings.alerts.audit.token_file
    if token_file is None:
        return None
    from alignwatch.web.audit import Audit

    if not settings.diagnostics.bundle_on_critical:
        return Audit(token_file, journal)
    from alignwatch.diagnostics.bundle.occasion import Occasions

    return Audit(token_file, journal, Occasions(settings))


def _version(git: Git) -> str:
    try:
        return git.run(Path("/"), "version", deadline=5).stdout.decode().split()[2]
    except (GitError, IndexError):
        return "none"
