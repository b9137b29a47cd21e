"""What git says of a pair of commits, asked the slow and obvious way."""

from pathlib import Path

from alignwatch.git.revisions import Drift
from support.repositories import git


def reference(repository: Path, tip: str, target: str) -> Drift:
    """One process for each figure."""
    ahead, behind = git(repository, "rev-list", "--left-right", "--count", f"{tip}...{target}").split()
    bases = git(repository, "merge-base", "--all", tip, target, check=False).split()
    times = [git(repository, "rev-list", "--no-walk", "--timestamp", base).split()[0] for base in bases]
    return Drift(int(ahead), int(behind), tuple(bases), max(map(float, times), default=None))


def assert_same(found: Drift, expected: Drift) -> None:
    """In whatever order the merge bases are."""
    assert (found.ahead, found.behind) == (expected.ahead, expected.behind)
    assert set(found.merge_bases) == set(expected.merge_bases)
    assert found.merge_base_time == expected.merge_base_time
