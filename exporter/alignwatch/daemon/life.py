"""From the exporter's start to its end, with a new configuration in between whenever a signal asks for it."""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path

from alignwatch.daemon.exporter import Exporter
from alignwatch.settings import Settings
from alignwatch.web.server import serving

_log = logging.getLogger(__package__)


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
