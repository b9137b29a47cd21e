"""The forecast for a command: what is remembered, or more of it while a person waits."""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from alignwatch.forecast.forecaster import Forecaster, recall
from alignwatch.git.command import Git, GitError
from alignwatch.probes import cache_dir
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import ForecastReading

_OTHERS_SECONDS = 1.0
"""The exporter may be at work on the same forecast: how often it is asked whether it is done."""


def remembered_forecast(
    settings: Settings, repository: Repository, probe: DivergenceProbe
) -> ForecastReading:
    """What is remembered of the branches that the probe has measured."""
    return recall(probe.latest().reading, Path(repository.path), cache_dir(settings))


def make_forecast(
    git: Git, settings: Settings, repository: Repository, probe: DivergenceProbe, seconds: float
) -> ForecastReading:
    """Tries merges until all are tried or time is up; shows progress on a terminal.

    Where that cannot be done here, what is remembered stands, and the problem says why.
    """
    ends, show = time.monotonic() + seconds, _Progress(repository.label)
    forecaster = Forecaster(git, Path(repository.path), cache_dir(settings))
    forecast, measured = remembered_forecast(settings, repository, probe), probe.latest()
    try:
        while forecast.pending and (left := ends - time.monotonic()) > 0:
            before, slice_seconds = forecast, min(left, settings.monitoring.forecast.slice_seconds)
            forecast = forecaster.advance(measured.reading, measured.drifts, slice_seconds, show)
            if forecast == before:
                time.sleep(min(left, _OTHERS_SECONDS))
    except (GitError, OSError) as error:
        forecast = replace(forecast, problem=str(error))
    finally:
        show.end()
    return forecast


def unfinished(label: str, forecast: ForecastReading) -> Iterator[str]:
    """What is missing from a forecast, for people."""
    if forecast.problem:
        yield forecast.problem
    if forecast.pending:
        yield f"{label}: {forecast.pending} merges were not tried; run it again, or with a longer --timeout"


class _Progress:
    """One line on a terminal that is written over; nothing where standard error is none."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._shown = 0

    def __call__(self, forecast: ForecastReading) -> None:
        if sys.stderr.isatty():
            of = len(forecast.verdicts) + forecast.pending + forecast.failed
            line = f"{self._label}: {len(forecast.verdicts)} of {of} merges tried"
            print(f"\r{line:<{self._shown}}", end="", file=sys.stderr, flush=True)
            self._shown = len(line)

    def end(self) -> None:
        if self._shown:
            print(f"\r{'':<{self._shown}}\r", end="", file=sys.stderr, flush=True)
