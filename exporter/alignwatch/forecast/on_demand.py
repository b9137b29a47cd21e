"""The files that merges would leave in conflict: found out when somebody asks, and not kept."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from alignwatch.forecast.collisions import collided
from alignwatch.forecast.contenders import Contender, own_changes, pair_of
from alignwatch.forecast.memory import Pair
from alignwatch.forecast.sides import meet
from alignwatch.git.changes import Changes
from alignwatch.git.command import Git, GitError
from alignwatch.git.merge_tree import Merge, try_merges
from alignwatch.git.shadow import Shadow
from alignwatch.state_dir import name_in_cache

Paths = tuple[bytes, ...]


def conflicts_with_target(
    git: Git, path: Path, cache_dir: Path, tip: str, target: str, deadline: float
) -> Paths:
    """The files that a merge of a branch into its target would leave in conflict.

    Args:
        git: runs it.
        path: of the watched repository.
        cache_dir: where git may write what is removed at the end.
        tip: the branch's commit.
        target: the target's.
        deadline: seconds.

    Raises:
        GitError: git could not tell.
        ShadowInUseError: somebody else is asking.
        OSError: the cache folder cannot be written.
    """
    with shadow_on_demand(path, cache_dir).opened(tip) as repository:
        return tuple(_merge(git, repository, (tip, target), deadline).conflicts)


def collisions_of(
    git: Git, path: Path, cache_dir: Path, branch: Contender, others: Mapping[str, Contender], deadline: float
) -> Iterator[tuple[str, Paths | GitError]]:
    """The branches that one branch collides with, each with the files, or with why that is not known.

    Args:
        git: runs it.
        path: of the watched repository.
        cache_dir: where git may write what is removed at the end.
        branch: the one.
        others: those that it may collide with, by name.
        deadline: seconds for all together.

    Raises:
        GitError: git cannot do this here, or time was up.
        ShadowInUseError: somebody else is asking.
        OSError: the cache folder cannot be written.
    """
    ends = time.monotonic() + deadline
    shadow = shadow_on_demand(path, cache_dir)
    with shadow.opened(branch.tip) as repository:
        changes = own_changes(git, repository, (branch, *others.values()), deadline)
        for name, other in others.items():
            if pair_of(branch, other) is None:
                continue
            try:
                seconds = max(ends - time.monotonic(), 0.01)
                paths = _collided(git, repository, (branch, other), changes, seconds)
            except GitError as error:
                if error.reason == "timeout":
                    raise
                yield name, error
            else:
                if paths is not None:
                    yield name, paths
            shadow.empty()


def _collided(
    git: Git,
    repository: Path,
    match: tuple[Contender, Contender],
    changes: Mapping[Contender, Changes],
    seconds: float,
) -> Paths | None:
    one, other = match
    if one not in changes or other not in changes:
        raise GitError(f"what {one.tip} or {other.tip} changed cannot be read", reason="git")
    if not meet(changes[one], changes[other]):
        return None
    merge = _merge(git, repository, (one.tip, other.tip), seconds)
    return collided(merge, changes[one], changes[other])


def _merge(git: Git, repository: Path, pair: Pair, deadline: float) -> Merge:
    merges = try_merges(git, repository, [pair], deadline)
    if merges.error is not None:
        raise merges.error
    return merges.found[0]


def shadow_on_demand(path: Path, cache_dir: Path) -> Shadow:
    """Another one than that of the forecast, for which a person would have to wait."""
    return Shadow(cache_dir / name_in_cache("on-demand", path), path)
