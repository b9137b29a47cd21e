"""``alignwatch branches``: each branch's target, state and drift."""

import argparse
import sys
import time

from alignwatch.branches import SORTS, Filter, Row, as_table, rows_of, select
from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, settings_for
from alignwatch.errors import ExitCode
from alignwatch.git.command import Git, GitError
from alignwatch.probes.divergence import DivergenceProbe
from alignwatch.settings import Settings
from alignwatch.snapshot import BranchState


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
    made.add_argument("--json", action="store_true", help="an array of objects, times in RFC 3339")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Prints the branches; 3 when a repository could not be read, 4 when some branch could not."""
    settings = settings_for(arguments)
    rows, code = _measure(settings, arguments.repository)
    wanted = Filter(
        repositories=tuple(arguments.repository),
        targets=tuple(arguments.target),
        families=tuple(arguments.family),
        states=tuple(map(str, arguments.state)),
        patterns=tuple(arguments.patterns),
    )
    shown = select(rows, wanted, arguments.sort, reverse=arguments.reverse)[: arguments.limit]
    if arguments.json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(shown)).decode())
    else:
        print(as_table(shown, time.time()))
    return code


def _measure(settings: Settings, only: list[str]) -> tuple[list[Row], ExitCode]:
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
        rows += rows_of(repository.label, reading)
        for target in reading.missing_targets:
            print(
                f"alignwatch branches: {repository.label}: no branch {target!r} to compare with; "
                "mend repositories[].primaries",
                file=sys.stderr,
            )
        if reading.problem:
            print(f"alignwatch branches: {reading.problem}", file=sys.stderr)
        if (reading.problem or reading.missing_targets) and code is ExitCode.OK:
            code = ExitCode.WARNINGS
    return rows, code
