"""``alignwatch branches``: each branch's target, state and drift."""

import argparse
import sys
import time
from collections.abc import Iterator

from alignwatch.branches import SORTS, Filter, Row, as_table, rows_of, select, write_csv
from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, json_text, settings_for
from alignwatch.cli.conflicts import run_collisions, run_conflicts
from alignwatch.cli.forecasting import (
    make_forecast,
    remembered_collisions,
    remembered_forecast,
    unfinished,
)
from alignwatch.cli.progress import Progress
from alignwatch.drift import with_collisions, with_forecast, with_unsaved
from alignwatch.errors import ExitCode, UsageError
from alignwatch.git.command import Git, GitError
from alignwatch.probes import cache_dir
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.probes.unsaved import UnsavedProbe
from alignwatch.ranking import as_table as ranking_table
from alignwatch.ranking import rank
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import Author, BranchState, DivergenceReading


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "list each branch's target, state and drift",
        f"{name} --state behind --sort age --limit 20\n{name} --json 'feature/*'",
    )
    made.add_argument("patterns", nargs="*", metavar="PATTERN", help="only branches that match one of these")
    add_config(made)
    made.add_argument("--repository", action="append", default=[], metavar="NAME", help="only this one")
    made.add_argument("--target", action="append", default=[], metavar="BRANCH", help="only with this target")
    made.add_argument("--family", action="append", default=[], metavar="NAME", help="only of this family")
    made.add_argument(
        "--state", action="append", default=[], choices=list(BranchState), help="only in this state"
    )
    made.add_argument(
        "--author", action="append", default=[], choices=list(Author), help="only whose last commit is by one"
    )
    made.add_argument(
        "--unsaved", action="store_true", help="only with commits that are in no primary, remote or backup"
    )
    made.add_argument("--sort", choices=SORTS, default="behind", help="default: %(default)s")
    made.add_argument("--reverse", action="store_true", help="the other way round")
    made.add_argument("--limit", type=int, metavar="N", help="at most so many")
    instead = made.add_mutually_exclusive_group()
    instead.add_argument("--next", action="store_true", help="rank what to align first, and say why")
    instead.add_argument(
        "--conflicts", metavar="BRANCH", help="print the files in which it would conflict with its target"
    )
    instead.add_argument(
        "--collisions",
        nargs="?",
        const="",
        metavar="BRANCH",
        help="list the active branches that would conflict with each other; of BRANCH, with the files",
    )
    made.add_argument(
        "--forecast", action="store_true", help="try merges where it is not known whether they conflict"
    )
    made.add_argument(
        "--timeout",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="longest time for trying merges, each repository (default: %(default)g)",
    )
    form = made.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="objects, times in RFC 3339")
    form.add_argument("--csv", action="store_true", help="comma-separated values with a header")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Prints the branches; 3 when a repository could not be read, 4 when some branch could not."""
    settings = settings_for(arguments)
    if arguments.csv and (arguments.conflicts is not None or arguments.collisions is not None):
        raise UsageError("--csv is for the list of branches; use --json")
    if arguments.conflicts is not None:
        return run_conflicts(arguments, settings)
    if arguments.collisions is not None:
        return run_collisions(arguments, settings)
    seconds = arguments.timeout if arguments.forecast else None
    asked_for = arguments.unsaved or arguments.sort == "unsaved"
    # It is a look of its own, so that nobody waits for it whom it is not shown.
    shown_anyway = arguments.next or arguments.json or arguments.csv
    rows, code = _measure(settings, arguments.repository, seconds, unsaved=asked_for or shown_anyway)
    wanted = Filter(
        repositories=tuple(arguments.repository),
        targets=tuple(arguments.target),
        families=tuple(arguments.family),
        states=tuple(map(str, arguments.state)),
        authors=tuple(map(str, arguments.author)),
        patterns=tuple(arguments.patterns),
        unsaved=arguments.unsaved,
    )
    if arguments.next:
        repositories = {one.label: one for one in settings.repositories}
        ranking = rank(filter(wanted.passes, rows), repositories, time.time())
        print(json_text(ranking) if arguments.json else ranking_table(ranking, arguments.limit))
        return code
    shown = select(rows, wanted, arguments.sort, reverse=arguments.reverse)[: arguments.limit]
    if arguments.csv:
        write_csv(shown, sys.stdout)
    else:
        print(json_text(shown) if arguments.json else as_table(shown, time.time(), unsaved=asked_for))
    return code


def _measure(
    settings: Settings, only: list[str], seconds: float | None, *, unsaved: bool
) -> tuple[list[Row], ExitCode]:
    git, rows, code = Git(), [], ExitCode.OK
    for repository in settings.repositories:
        if only and repository.label not in only:
            continue
        deadline = settings.monitoring.probe_deadline_seconds
        probe = DivergenceProbe(git, repository, deadline, cache_dir(settings))
        try:
            with Progress(f"{repository.label}: comparing branches"):
                reading = probe.read()
        except GitError as error:
            print(f"alignwatch branches: {error}", file=sys.stderr)
            code = ExitCode.UNHEALTHY
            continue
        warnings = list(_warnings(repository.label, reading))
        if seconds is None:
            forecast = remembered_forecast(settings, repository, probe)
        else:
            forecast = make_forecast(git, settings, repository, probe, seconds)
            warnings += unfinished(repository.label, forecast)
        collisions = remembered_collisions(settings, repository, probe)
        reading = with_collisions(with_forecast(reading, forecast), collisions)
        if unsaved:
            reading = _look_for_unsaved(git, settings, repository, reading, warnings)
        rows += rows_of(repository.label, reading)
        for warning in warnings:
            print(f"alignwatch branches: {warning}", file=sys.stderr)
        if warnings and code is ExitCode.OK:
            code = ExitCode.WARNINGS
    return rows, code


def _look_for_unsaved(
    git: Git, settings: Settings, repository: Repository, reading: DivergenceReading, warnings: list[str]
) -> DivergenceReading:
    try:
        with Progress(f"{repository.label}: looking for unsaved work"):
            found = UnsavedProbe(git, repository, settings.monitoring.probe_deadline_seconds).read()
    except GitError as error:
        warnings.append(str(error))
        return reading
    if found.problem is not None and not reading.problem:
        warnings.append(found.problem)
    return with_unsaved(reading, found)


def _warnings(label: str, reading: DivergenceReading) -> Iterator[str]:
    for target in reading.missing_targets:
        yield f"{label}: no branch {target!r} to compare with; mend repositories[].primaries"
    if reading.problem:
        yield reading.problem
