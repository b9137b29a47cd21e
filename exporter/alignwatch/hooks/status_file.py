"""The present state in a file, for programs that read no metrics."""

import logging
from pathlib import Path

from alignwatch.files import write_atomically

_log = logging.getLogger(__name__)


class StatusFile:
    """``propagation.status_file``: what ``GET /api/v1/status`` answers, whenever that is made anew."""

    def __init__(self, path: str | None) -> None:
        """Takes its path; None: there is none."""
        self._path = path and Path(path)
        self._problem: str | None = None

    def write(self, status_json: bytes) -> None:
        """Replaces the file. What keeps it from being written is logged once."""
        if not self._path:
            return
        try:
            write_atomically(self._path, status_json + b"\n")
            self._problem = None
        except OSError as error:
            # The whole message names a temporary file, another one each time.
            if error.strerror != self._problem:
                self._problem = error.strerror
                _log.error("propagation.status_file: cannot write %s: %s", self._path, error.strerror)
