"""``alignwatch branches``: each branch's target, state and drift."""

import argparse
import sys
import time
from collections.abc import Iterator

from alignwatch.branches import SORTS, Filter, Row, as_table, rows_of, select, write_csv
from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, settings_for
from alignwatch.cli.forecasting import make_forecast, remembered_forecast, unfinished
from alignwatch.drift import with_forecast
from alignwatch.errors import ExitCode
from alignwatch.git.command import Git, GitError
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.ranking import as_table as ranking_table
from alignwatch.ranking import rank
from alignwatch.settings import Settings
from alignwatch.snapshot import BranchState, DivergenceReading


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
    made.add_argument("--sort", choices=SORTS, default="behind", help="default: %(default)s")
    made.add_argument("--reverse", action="store_true", help="the other way round")
    made.add_argument("--limit", type=int, metavar="N", help="at most so many")
    made.add_argument("--next", action="store_true", help="rank what to align first, and say why")
    made.add_argument(
        "--forecast", action="store_true", help="try merges where it is not known whether they conflict"
    )
    made.add_argument(
        "--timeout",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="longest time for that, each repository (default: %(default)g)",
    )
    form = made.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="objects, times in RFC 3339")
    form.add_argument("--csv", action="store_true", help="comma-separated values with a header")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Prints the branches; 3 when a repository could not be read, 4 when some branch could not."""
    settings = settings_for(arguments)
    seconds = arguments.timeout if arguments.forecast else None
    rows, code = _measure(settings, arguments.repository, seconds)
    wanted = Filter(
        repositories=tuple(arguments.repository),
        targets=tuple(arguments.target),
        families=tuple(arguments.family),
        states=tuple(map(str, arguments.state)),
        patterns=tuple(arguments.patterns),
    )
    if arguments.next:
        repositories = {one.label: one for one in settings.repositories}
        ranking = rank(filter(wanted.passes, rows), repositories, time.time())
        print(_json(ranking) if arguments.json else ranking_table(ranking, arguments.limit))
        return code
    shown = select(rows, wanted, arguments.sort, reverse=arguments.reverse)[: arguments.limit]
    if arguments.csv:
        write_csv(shown, sys.stdout)
    else:
        print(_json(shown) if arguments.json else as_table(shown, time.time()))
    return code


def _json(value: object) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value)).decode()


def _measure(settings: Settings, only: list[str], seconds: float | None) -> tuple[list[Row], ExitCode]:
    git, rows, code = Git(), [], ExitCode.OK
    for repository in settings.repositories:
        if only and repository.label not in only:
            continue
        probe = DivergenceProbe(git, repository, settings.monitoring.probe_deadline_seconds)
        try:
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
        rows += rows_of(repository.label, with_forecast(reading, forecast))
        for warning in warnings:
            print(f"alignwatch branches: {warning}", file=sys.stderr)
        if warnings and code is ExitCode.OK:
            code = ExitCode.WARNINGS
    return rows, code


def _warnings(label: str, reading: DivergenceReading) -> Iterator[str]:
    for target in reading.missing_targets:
        yield f"{label}: no branch {target!r} to compare with; mend repositories[].primaries"
    if reading.problem:
        yield reading.problem
