"""A bundle of the moment at which a critical alert is sent, kept in the state folder.

Another process makes it. There are few of them, they are small, and never two within :data:`PAUSE_SECONDS`.
"""

import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from alignwatch.errand import Errand
from alignwatch.journal.deliveries import SentAlert
from alignwatch.settings import Settings

PAUSE_SECONDS = 600.0
KEPT = 5
"""So many of the newest."""
MOST_BYTES = 50 << 20
"""All of them together."""
_PATTERN = "critical-*.tar.gz"

_log = logging.getLogger(__name__)


class Occasions:
    """Hears of alerts that were sent, on one thread."""

    def __init__(self, settings: Settings) -> None:
        """Takes the settings, of which ``diagnostics.bundle_on_critical`` is set."""
        self._settings = settings
        self._errand = Errand("alignwatch.diagnostics.bundle")
        self._began = 0.0

    def hear(self, alerts: Iterable[SentAlert]) -> None:
        """Has a bundle made if one of them is critical, fires, and there was none lately."""
        if not any(one.status == "firing" and one.labels.get("severity") == "critical" for one in alerts):
            return
        now = time.time()
        since = max([self._began, *(_modified(one) for one in kept(self._settings))])
        if 0 <= now - since < PAUSE_SECONDS or self._errand.running:
            return
        self._began = now
        try:
            self._errand.start(self._settings)
        except OSError as error:
            _log.warning("no bundle of a critical alert: %s", error)

    def close(self) -> None:
        """Ends the making of one."""
        self._errand.close()


def folder_of(settings: Settings) -> Path:
    """Where they are kept."""
    return settings.state_folder / "bundles"


def kept(settings: Settings) -> list[Path]:
    """Those that there are, the oldest first."""
    return sorted(folder_of(settings).glob(_PATTERN))


def prune(settings: Settings) -> None:
    """Removes the oldest of those that are too many or too large; the newest stays."""
    files = kept(settings)
    while len(files) > 1 and (len(files) > KEPT or sum(map(_size, files)) > MOST_BYTES):
        files.pop(0).unlink(missing_ok=True)


def _size(file: Path) -> int:
    with suppress(OSError):
        return file.stat().st_size
    return 0


def _modified(file: Path) -> float:
    with suppress(OSError):
        return file.stat().st_mtime
    return 0.0
