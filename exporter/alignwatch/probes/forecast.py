"""Which branches would conflict with their targets? Found out a slice of time at a look."""

from pathlib import Path

from alignwatch.forecast.forecaster import Forecaster, recall
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
        self._last: tuple[Measurement, ForecastReading] | None = None

    def read(self) -> ForecastReading:
        """Works for a slice of time at most.

        Raises:
            GitError: git cannot do this here, or the branches are unknown.
            OSError: the cache folder cannot be written.
        """
        measured = self._divergence.latest(patience=self._slice_seconds)
        if self._last is not None and self._last[0] is measured and self._last[1].complete:
            return self._last[1]
        reading = self._forecaster.advance(measured.reading, measured.drifts, self._slice_seconds)
        if self._last is not None and self._last[1] == reading:
            reading = self._last[1]
        self._last = measured, reading
        return reading


class RememberedForecast:
    """Says what is known without trying anything."""

    def __init__(self, branches: DivergenceReading, path: Path, cache_dir: Path) -> None:
        self._branches = branches
        self._path = path
        self._cache_dir = cache_dir

    def read(self) -> ForecastReading:
        """What is remembered."""
        return recall(self._branches, self._path, self._cache_dir)
