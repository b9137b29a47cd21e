"""The forecasts for a command: what is remembered, or more of it while a person waits."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from alignwatch.cli.progress import Progress
from alignwatch.forecast.collisions import Collider, recall
from alignwatch.forecast.contenders import Contenders
from alignwatch.forecast.forecaster import Forecaster
from alignwatch.git.command import Git, GitError
from alignwatch.probes import cache_dir
from alignwatch.probes.collisions import RememberedCollisions
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.probes.forecast import RememberedForecast
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import CollisionsReading, ForecastReading

_OTHERS_SECONDS = 1.0
"""The exporter may be at work on the same forecast: how often it is asked whether it is done."""

R = TypeVar("R", ForecastReading, CollisionsReading)
Advance = Callable[[float, Callable[[R], None]], R]
"""Goes on for so many seconds, and tells what is known after each run of git."""


def remembered_forecast(
    settings: Settings, repository: Repository, probe: DivergenceProbe
) -> ForecastReading:
    """What is remembered of the branches that the probe has measured."""
    return RememberedForecast(probe.latest().reading, Path(repository.path), cache_dir(settings)).read()


def remembered_collisions(
    settings: Settings, repository: Repository, probe: DivergenceProbe
) -> CollisionsReading:
    """The same of the active branches that would conflict with each other."""
    limit = settings.monitoring.forecast.collision_branches
    return RememberedCollisions(probe.latest().reading, repository, limit, cache_dir(settings)).read()


def make_forecast(
    git: Git, settings: Settings, repository: Repository, probe: DivergenceProbe, seconds: float
) -> ForecastReading:
    """Tries merges until all are tried or time is up; shows progress on a terminal.

    Where that cannot be done here, what is remembered stands, and the problem says why.
    """
    forecaster = Forecaster(git, Path(repository.path), cache_dir(settings))
    remembered, measured = remembered_forecast(settings, repository, probe), probe.latest()

    def advance(seconds: float, tell: Callable[[ForecastReading], None]) -> ForecastReading:
        reading = forecaster.advance(measured.reading, measured.drifts, seconds, tell)
        return replace(reading, earlier=remembered.earlier)

    return _go_on(settings, repository, remembered, advance, seconds)


def make_collisions(
    git: Git, settings: Settings, repository: Repository, contenders: Contenders, seconds: float
) -> CollisionsReading:
    """As :func:`make_forecast`, for merges of branches into each other."""
    path, kept = Path(repository.path), cache_dir(settings)
    collider = Collider(git, path, kept)

    def advance(seconds: float, tell: Callable[[CollisionsReading], None]) -> CollisionsReading:
        return collider.advance(contenders, seconds, tell)

    return _go_on(settings, repository, recall(contenders, path, kept), advance, seconds)


def _go_on(settings: Settings, repository: Repository, reading: R, advance: Advance[R], seconds: float) -> R:
    ends = time.monotonic() + seconds
    with Progress(repository.label) as progress:

        def tell(reading: R) -> None:
            of = reading.done + reading.pending + reading.failed
            progress.tell(f"{reading.done} of {of} merges tried")

        try:
            while reading.pending and (left := ends - time.monotonic()) > 0:
                tell(reading)
                before = reading
                reading = advance(min(left, settings.monitoring.forecast.slice_seconds), tell)
                if reading == before:
                    time.sleep(min(left, _OTHERS_SECONDS))
        except (GitError, OSError) as error:
            reading = replace(reading, problem=str(error))
    return reading


def unfinished(label: str, reading: ForecastReading | CollisionsReading) -> Iterator[str]:
    """What is missing from a forecast, for people."""
    if reading.problem:
        yield reading.problem
    if reading.pending:
        yield f"{label}: {reading.pending} merges were not tried; run it again, or with a longer --timeout"
