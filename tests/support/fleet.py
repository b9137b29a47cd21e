"""A repository of the shape that many coding agents leave behind: hundreds of branches off one long line."""

import random
from pathlib import Path

from support.repositories import Commit, git, import_history, linear, new_repository

FAMILIES = ("bolt", "sentinel", "feature", "jules", "fix", "dependabot")


def new_fleet(folder: Path, *, branches: int, commits: int, seed: int = 1) -> Path:
    """A bare repository with ``main`` and so many branches in all, over about so many commits.

    Half of the commits are on ``main``; the branches leave it at random places, most of them for a few
    commits, a tenth of them for many, and every eighth one merges ``main`` once on its way.
    """
    chance = random.Random(seed)
    trunk = linear("m", max(2, commits // 2))
    history, tips = list(trunk), {"main": trunk[-1].name}
    left = commits - len(trunk)
    for number in range(branches - 1):
        share = max(1, left // (branches - 1 - number))
        length = min(left, share * 5 if chance.random() < 0.1 else chance.randint(1, share))
        length = max(1, length)
        left = max(0, left - length)
        at = chance.randrange(len(trunk) - 1)
        line = linear(f"b{number}-", length, trunk[at].name)
        if number % 8 == 0:
            line.append(
                Commit(f"b{number}-merge", [line[-1].name, trunk[chance.randrange(at, len(trunk))].name])
            )
        history += line
        tips[f"{chance.choice(FAMILIES)}/{number}"] = line[-1].name
    made = new_repository(folder, bare=True)
    import_history(made, history, tips)
    git(made, "pack-refs", "--all")
    return made
