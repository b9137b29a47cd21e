"""Which active branches would conflict with each other? Found out a slice of time at a look."""

import time
from pathlib import Path

from alignwatch.forecast.collisions import Collider, recall
from alignwatch.forecast.contenders import Contenders, contenders_of
from alignwatch.git.command import Git
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.settings import Forecast, Repository
from alignwatch.snapshot import CollisionsReading, DivergenceReading


class CollisionsProbe:
    """Goes on with the branches of one repository; does nothing while all is known and none of them moves."""

    def __init__(
        self,
        git: Git,
        settings: Repository,
        divergence: DivergenceProbe,
        forecast: Forecast,
        cache_dir: Path,
    ) -> None:
        self._settings = settings
        self._divergence = divergence
        self._forecast = forecast
        self._collider = Collider(git, Path(settings.path), cache_dir)
        self._last: tuple[Contenders, CollisionsReading] | None = None

    def read(self) -> CollisionsReading:
        """Works for a slice of time at most.

        Raises:
            GitError: git cannot do this here, or the branches are unknown.
            OSError: the cache folder cannot be written.
        """
        seconds = self._forecast.slice_seconds
        measured = self._divergence.latest(patience=seconds)
        limit = self._forecast.collision_branches
        contenders = contenders_of(measured.reading, measured.drifts, self._settings, limit, time.time())
        if self._last is not None and self._last[0] == contenders and self._last[1].complete:
            return self._last[1]
        reading = self._collider.advance(contenders, seconds)
        if self._last is not None and self._last[1] == reading:
            reading = self._last[1]
        self._last = contenders, reading
        return reading


class RememberedCollisions:
    """Says what is known without trying anything."""

    def __init__(
        self, branches: DivergenceReading, settings: Repository, limit: int, cache_dir: Path
    ) -> None:
        self._branches = branches
        self._settings = settings
        self._limit = limit
        self._cache_dir = cache_dir

    def read(self) -> CollisionsReading:
        """What is remembered."""
        contenders = contenders_of(self._branches, {}, self._settings, self._limit, time.time())
        return recall(contenders, Path(self._settings.path), self._cache_dir)
