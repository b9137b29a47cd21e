"""Which branches would conflict with their targets? Found out a slice of time at a look."""

import time
from dataclasses import replace
from pathlib import Path

from alignwatch.drift import with_forecast
from alignwatch.forecast.forecaster import Forecaster, recall
from alignwatch.forecast.history import DAY_SECONDS, History
from alignwatch.git.command import Git
from alignwatch.probes.divergence import DivergenceProbe, Measurement
from alignwatch.snapshot import DivergenceReading, ForecastReading


class ForecastProbe:
    """Goes on with the forecast of one repository; does nothing while all is known and no branch moves."""

    def __init__(
        self, git: Git, path: Path, divergence: DivergenceProbe, slice_seconds: float, cache_dir: Path
    ) -> None:
        self._divergence = divergence
        self._slice_seconds = slice_seconds
        self._forecaster = Forecaster(git, path, cache_dir)
        self._history = History(path, cache_dir)
        self._last: tuple[Measurement, int, ForecastReading] | None = None

    def read(self) -> ForecastReading:
        """Works for a slice of time at most.

        Raises:
            GitError: git cannot do this here, or the branches are unknown.
            OSError: the cache folder cannot be written.
        """
        measured, today, last = self._divergence.latest(patience=self._slice_seconds), _today(), self._last
        if last is not None and last[0] is measured and last[1] == today and last[2].complete:
            return last[2]
        reading = self._forecaster.advance(measured.reading, measured.drifts, self._slice_seconds)
        known = with_forecast(measured.reading, reading)
        reading = replace(reading, earlier=self._history.note(known.branches, today))
        if last is not None and last[2] == reading:
            reading = last[2]
        self._last = measured, today, reading
        return reading


class RememberedForecast:
    """Says what is known without trying anything."""

    def __init__(self, branches: DivergenceReading, path: Path, cache_dir: Path) -> None:
        self._branches = branches
        self._path = path
        self._cache_dir = cache_dir

    def read(self) -> ForecastReading:
        """What is remembered."""
        reading = recall(self._branches, self._path, self._cache_dir)
        return replace(reading, earlier=History(self._path, self._cache_dir).recall(_today()))


def _today() -> int:
    return int(time.time() // DAY_SECONDS)
