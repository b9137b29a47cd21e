"""The exporter's parts, put together with one configuration after the other."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from alignwatch.daemon.clocks import Clocks
from alignwatch.daemon.content import content
from alignwatch.daemon.duties import Duties
from alignwatch.daemon.findings import Findings
from alignwatch.daemon.publishing import Publishing
from alignwatch.errors import AlignwatchError
from alignwatch.git.command import Git, GitError
from alignwatch.git.version import git_version
from alignwatch.maintenance.driver import Driver
from alignwatch.probes import doctor_tasks, noting_tasks, tasks_of
from alignwatch.probes.runner import Runner, Task
from alignwatch.publisher import Knowledge, Publisher
from alignwatch.session import begun, next_session
from alignwatch.settings import Settings
from alignwatch.web.server import Content

_log = logging.getLogger(__package__)


class Exporter:
    """Looks, knows and hands out; what it has found outlives a change of its configuration."""

    def __init__(self, settings: Settings, config: Path | None = None) -> None:
        """Takes the configuration, and the file that it comes from."""
        self.settings = settings
        self._config = config
        self._git = Git()
        self._duties = Duties(settings, self._git)
        self._maintenance = Driver(settings)
        self._findings = Findings()
        self._publishing = Publishing(Publisher(_version(self._git)))
        self._reload_ok = True
        self._reload_time = time.time()
        self._session = begun(self._reload_time)

    def content(self) -> Content:
        """What the server hands out."""
        return content(
            self._publishing,
            self._findings,
            settings=lambda: self.settings,
            audit=lambda: self._duties.audit,
        )

    async def watch(self) -> None:
        """Keeps looking and publishing with the present settings until cancelled."""
        tasks = self._tasks()
        self._findings.expect(tasks)
        runner = Runner(
            tasks,
            self._findings.accept,
            retry_seconds=self.settings.monitoring.health_check_interval_seconds,
        )
        clocks = Clocks(self._duties, self._maintenance, self._findings, self._publishing)
        # A page without what the journal holds would let its counters start at nothing.
        await clocks.read_journal()
        async with asyncio.TaskGroup() as group:
            group.create_task(runner.run())
            group.create_task(clocks.run())
            group.create_task(
                self._publishing.keep(self._findings.changed, self._knowledge, self._duties.status_file)
            )

    def reload(self, load: Callable[[], Settings]) -> None:
        """Takes a new configuration, or keeps the old one if the new one is wrong."""
        try:
            settings = load()
            duties = Duties(settings, self._git)
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
        if self._publishing.newest is not None:
            self._publishing.publish(self._knowledge(stopping=True), self._duties.status_file)
        self._git.close()
        self._duties.close()
        self._maintenance.close()

    def _tasks(self) -> tuple[Task, ...]:
        noting = noting_tasks(self.settings, self._git, self._duties.journal)
        doctor = doctor_tasks(self.settings, self._config)
        return (*tasks_of(self.settings, self._git), *noting, *doctor)

    def _knowledge(self, *, stopping: bool = False) -> Knowledge:
        refused = () if self._reload_ok else ("the new configuration was refused",)
        self._session = next_session(
            self._session,
            to_come=tuple(self._findings.to_come()),
            amiss=(*refused, *self._findings.amiss()),
            stopping=stopping,
            now=time.time(),
        )
        return Knowledge(
            session=self._session,
            settings=self.settings,
            snapshot=self._findings.snapshot(),
            journal=self._findings.journal,
            trends=self._findings.trends,
            reload_ok=self._reload_ok,
            reload_time=self._reload_time,
            trace=self._findings.trace,
        )


def _version(git: Git) -> str:
    try:
        return git_version(git).shown
    except GitError:
        return "none"
