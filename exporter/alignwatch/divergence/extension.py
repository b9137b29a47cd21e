"""What follows from a known pair of commits when new commits were put on top of either.

Let there be commits on top of a branch's old tip, one on another and none of them a merge. If the branch was
ahead of its target, the target does not reach the old tip, and so none of the new commits, which all descend
from it. They make the branch further ahead by their number; what it shares with the target stays the same,
and with that the commits behind and the merge bases. The same holds with the sides exchanged: a target that
was not in a branch (the branch is behind) and got new commits. So nothing has to be walked where somebody
committed, or where a pull request was squashed.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from alignwatch.git.command import Git
from alignwatch.git.revisions import Drift, Environment, Pair
from alignwatch.git.tips import DESCRIBED, Tip, parse

_LONGEST = 100
"""So many commits are looked at, all moves together."""


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest commits."""

    parent_of: Mapping[str, str]
    """Those with a single one."""
    tips: Mapping[str, Tip]
    """All of them."""


def read_recent(
    git: Git, repository: Path, tips: Iterable[str], deadline: float, environment: Environment | None = None
) -> Recent:
    """The newest commits that these tips reach.

    Raises:
        GitError: a commit is missing, or git could not tell.
    """
    done = git.run(
        repository,
        *("rev-list", "--parents", f"--max-count={_LONGEST}", "--ignore-missing", *DESCRIBED, "--stdin"),
        deadline=deadline,
        stdin="".join(f"{tip}\n" for tip in tips).encode(),
        environment=environment,
    )
    found = list(parse(done.stdout))
    return Recent(
        parent_of={ids[0]: ids[1] for ids, _ in found if len(ids) == 2},
        tips={ids[0]: tip for ids, tip in found},
    )


def extend(
    known: Mapping[Pair, Drift], pairs: Iterable[Pair], parent_of: Mapping[str, str]
) -> dict[Pair, Drift]:
    """Those of the pairs that follow from known ones."""
    tips, targets = ({pair[side] for pair in known} for side in (0, 1))
    found = {}
    for tip, target in pairs:
        old_tip, new_in_tip = _last_known(tip, tips, parent_of)
        old_target, new_in_target = _last_known(target, targets, parent_of)
        drift = known.get((old_tip, old_target))
        if drift and (drift.ahead or not new_in_tip) and (drift.behind or not new_in_target):
            found[tip, target] = replace(
                drift, ahead=drift.ahead + new_in_tip, behind=drift.behind + new_in_target
            )
    return found


def _last_known(commit: str, known: Container[str], parent_of: Mapping[str, str]) -> tuple[str, int]:
    """The nearest known commit at or below one, and how many lie on top of it."""
    for number, one in enumerate(_downwards(commit, parent_of)):
        if one in known:
            return one, number
    return "", 0


def _downwards(commit: str, parent_of: Mapping[str, str]) -> Iterator[str]:
    yield commit
    while (parent := parent_of.get(commit)) is not None:
        yield parent
        commit = parent
