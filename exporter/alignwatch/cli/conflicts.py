"""What ``branches --conflicts`` and ``branches --collisions`` print."""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from alignwatch.cli.common import json_text
from alignwatch.cli.forecasting import make_collisions, unfinished
from alignwatch.cli.look import Look
from alignwatch.cli.progress import Progress
from alignwatch.collisions import CollisionRow, collision_rows, collision_table, select_collisions
from alignwatch.errors import AlignwatchError
from alignwatch.forecast.contenders import Contender, contender_of, contenders_of
from alignwatch.forecast.on_demand import Paths, collisions_of, conflicts_with_target
from alignwatch.git.command import Git, GitError
from alignwatch.git.refs import display
from alignwatch.probes import cache_dir
from alignwatch.probes.divergence import Measurement
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import Branch, BranchState
from alignwatch.text import printable


class Conflicts(Struct, frozen=True, kw_only=True):
    """The files that a merge of one branch into its target would leave in conflict."""

    repository: str
    branch: str
    target: str
    paths: tuple[str, ...] | None
    """Null where that is not known: no common history, or no target."""


class CollisionFiles(CollisionRow, frozen=True, kw_only=True):
    """Two branches that collide, with the files."""

    paths: tuple[str, ...]


def run_conflicts(arguments: argparse.Namespace, settings: Settings) -> int:
    """Prints the files that would conflict in a merge of one branch into its target."""
    look = Look("branches", Git(), settings, arguments.repository)
    found = []
    for repository, measured, branch in look.named(arguments.conflicts):
        paths = None
        try:
            paths = _conflicts(look, repository, measured, branch, arguments.timeout)
        except (AlignwatchError, OSError) as error:
            look.warn(str(error))
        found.append(
            Conflicts(
                repository=repository.label,
                branch=branch.name,
                target=branch.target,
                paths=None if paths is None else _texts(paths),
            )
        )
    if arguments.json:
        print(json_text(found))
    else:
        for one in found:
            _print_files(f"{one.branch} into {one.target}", one.paths)
    return look.code


def _conflicts(
    look: Look, repository: Repository, measured: Measurement, branch: Branch, seconds: float
) -> Paths | None:
    if branch.state in (BranchState.MERGED, BranchState.ALIGNED):
        return ()
    target = measured.reading.target_tips.get(branch.target, "")
    drift = measured.drifts.get((branch.tip, target))
    if drift is None or not drift.merge_bases:
        return None
    path, kept = Path(repository.path), cache_dir(look.settings)
    with Progress(f"merging {branch.name} into {branch.target}"):
        return conflicts_with_target(look.git, path, kept, branch.tip, target, seconds)


def run_collisions(arguments: argparse.Namespace, settings: Settings) -> int:
    """Prints the pairs of branches that collide; those of one branch with the files, if one is named."""
    look = Look("branches", Git(), settings, arguments.repository)
    if arguments.collisions:
        return _run_collisions_of(arguments, look)
    rows: list[CollisionRow] = []
    for repository, measured in look:
        reading = make_collisions(
            look.git, settings, repository, _contenders(settings, repository, measured), arguments.timeout
        )
        rows += collision_rows(repository.label, reading)
        for warning in unfinished(repository.label, reading):
            look.warn(warning)
    shown = select_collisions(rows, patterns=arguments.patterns)[: arguments.limit]
    if arguments.json:
        print(json_text(shown))
    else:
        print(collision_table(shown))
    return look.code


def _run_collisions_of(arguments: argparse.Namespace, look: Look) -> int:
    found: list[CollisionFiles] = []
    for repository, measured, branch in look.named(arguments.collisions):
        try:
            found += _collisions(look, repository, measured, branch, arguments.timeout)
        except (AlignwatchError, OSError) as error:
            look.warn(str(error))
    if arguments.json:
        print(json_text(found))
    for row in () if arguments.json else found:
        _print_files(f"{row.branch} with {row.other}", row.paths)
    return look.code


def _collisions(
    look: Look, repository: Repository, measured: Measurement, branch: Branch, seconds: float
) -> Iterator[CollisionFiles]:
    others = _contenders(look.settings, repository, measured)
    one = others.pop(branch.name, None) or contender_of(branch, measured.reading, measured.drifts)
    path, kept = Path(repository.path), cache_dir(look.settings)
    with Progress(f"trying {branch.name} against {len(others)} others") as progress:
        for name, paths in collisions_of(look.git, path, kept, one, others, seconds):
            progress.tell(f"at {name}")
            if isinstance(paths, GitError):
                with progress.hidden():
                    look.warn(f"{name}: {paths}")
                continue
            yield CollisionFiles(
                repository=repository.label,
                target=branch.target,
                branch=branch.name,
                other=name,
                conflict_files=len(paths),
                paths=_texts(paths),
            )


def _contenders(settings: Settings, repository: Repository, measured: Measurement) -> dict[str, Contender]:
    limit = settings.monitoring.forecast.collision_branches
    return contenders_of(measured.reading, measured.drifts, repository, limit, time.time())


def _texts(paths: Paths) -> tuple[str, ...]:
    return tuple(map(display, paths))


def _print_files(what: str, paths: tuple[str, ...] | None) -> None:
    files = "not known"
    if paths is not None:
        files = f"{len(paths)} {'file' if len(paths) == 1 else 'files'} would conflict"
    print(printable(f"{what}: {files}"))
    for path in paths or ():
        print(f"    {printable(path)}")
