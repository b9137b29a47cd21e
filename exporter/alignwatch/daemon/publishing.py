"""When everything that is handed out is made anew, and for how long it may be relied on."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from alignwatch.hooks.status_file import StatusFile
from alignwatch.metrics.page import Page
from alignwatch.publisher import Knowledge, Publication, Publisher

PUBLISH_SECONDS = 15.0
"""At least so often a page is made: what is too old goes, and what follows from the clock moves."""
STALE_SECONDS = 4 * PUBLISH_SECONDS
"""A page older than this means that its maker has died; it is not handed out any more."""
_COALESCE_SECONDS = 0.2
_PUBLISHING_SHARE = 0.005
"""Making pages takes no more than this share of the time, however much is looked at."""
_LONGEST_PAUSE_SECONDS = 5.0


class Publishing:
    """Holds the newest publication."""

    def __init__(self, publisher: Publisher) -> None:
        self.newest: Publication | None = None
        self._publisher = publisher

    def fresh_page(self) -> Page | None:
        """The newest page; None when there is none or it is too old."""
        page = self.newest.page if self.newest else None
        return page if page is not None and time.time() - page.made <= STALE_SECONDS else None

    def publish(self, knowledge: Knowledge, status_file: StatusFile) -> None:
        """Makes everything anew; to be called by one thread at a time."""
        self.newest = self._publisher.make(knowledge)
        status_file.write(self.newest.status_json)

    async def keep(
        self, changed: asyncio.Event, knowledge: Callable[[], Knowledge], status_file: StatusFile
    ) -> None:
        """Publishes until cancelled, and then once what is being made is made.

        Args:
            changed: set when there is something new; cleared here.
            knowledge: what is known; called in the loop's thread.
            status_file: where the status goes too.
        """
        pause = _COALESCE_SECONDS
        while True:
            with suppress(TimeoutError):
                # Not wait_for: before Python 3.12 that goes on if it is cancelled as something comes.
                async with asyncio.timeout(PUBLISH_SECONDS):
                    await changed.wait()
                # Probes end in swarms; one page for all of them.
                await asyncio.sleep(pause)
            changed.clear()
            began = time.monotonic()
            making = asyncio.create_task(asyncio.to_thread(self.publish, knowledge(), status_file))
            try:
                await asyncio.shield(making)
            finally:
                # Else it would come after the next one, and be taken for newer.
                await making
            taken = time.monotonic() - began
            pause = min(max(_COALESCE_SECONDS, taken / _PUBLISHING_SHARE), _LONGEST_PAUSE_SECONDS)
