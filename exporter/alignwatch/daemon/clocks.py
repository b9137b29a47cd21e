"""How often each duty has its turn."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import TypeVar

from alignwatch.daemon.duties import Duties
from alignwatch.daemon.findings import Findings
from alignwatch.daemon.publishing import Publishing
from alignwatch.maintenance.driver import Driver

_JOURNAL_SECONDS = 1.0
_LISTEN_SECONDS = 1.0
_VERIFY_SECONDS = 5.0
_SEND_SECONDS = 2.0
_TELL_SECONDS = 2.0
_MAINTAIN_SECONDS = 15.0
_TREND_SECONDS = 600.0
"""A trend of weeks need not follow every operation, and it takes a look at each of them."""

T = TypeVar("T")


class Clocks:
    """Gives the duties of one configuration their turns, and keeps what they find.

    Those that only touch the journal have one of the pool's threads; those that may meet a network, or
    somebody else's file system, have one that nobody waits for.
    """

    def __init__(
        self, duties: Duties, maintenance: Driver, findings: Findings, publishing: Publishing
    ) -> None:
        self._duties = duties
        self._maintenance = maintenance
        self._findings = findings
        self._publishing = publishing

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(_JOURNAL_SECONDS, self.read_journal))
            group.create_task(_every(_LISTEN_SECONDS, self._listen))
            group.create_task(_every(_TREND_SECONDS, self._find_trends))
            group.create_task(_every(_VERIFY_SECONDS, lambda: _aside(self._duties.verifier.look)))
            group.create_task(_every(_SEND_SECONDS, self._send))
            if self._duties.dispatcher.has_readers:
                group.create_task(_every(_TELL_SECONDS, lambda: _aside(self._tell)))
            group.create_task(_every(_MAINTAIN_SECONDS, lambda: _aside(self._maintenance.look)))

    async def read_journal(self) -> None:
        """Reads what is new in it."""
        self._findings.take_journal(await asyncio.to_thread(self._duties.watcher.look))

    async def _listen(self) -> None:
        self._findings.trace = await _aside(self._duties.listener.look)

    async def _find_trends(self) -> None:
        self._findings.take_trends(await asyncio.to_thread(self._duties.watcher.trends))

    async def _send(self) -> None:
        journal = self._findings.journal
        if journal is not None and journal.outbox.waiting:
            await _aside(self._duties.sender.look)

    def _tell(self) -> None:
        newest = self._publishing.newest
        self._duties.dispatcher.look(newest.status if newest else None)


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await work()
        await asyncio.sleep(seconds)


async def _aside(work: Callable[[], T]) -> T:
    """Does it in a thread that the end does not wait for: a dead network mount may keep it for ever."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()
    threading.Thread(target=lambda: future.set_result(work()), daemon=True).start()
    return await asyncio.wrap_future(future)
