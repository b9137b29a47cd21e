"""A repository of the shape that many coding agents leave behind: hundreds of branches off one long line."""

import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from support.repositories import Commit, git, import_history, linear, new_repository

FAMILIES = ("bolt", "sentinel", "feature", "jules", "fix", "dependabot")
_LINES = 60
_HOT_FILES = 0.05
"""Share of the files to which half of all edits go."""


def new_fleet(
    folder: Path,
    *,
    branches: int,
    commits: int,
    seed: int = 1,
    files: int = 0,
    empty: bool = False,
    sha256: bool = False,
) -> Path:
    """A bare repository with ``main`` and so many branches in all, over about so many commits.

    Half of the commits are on ``main``; the branches leave it at random places, most of them for a few
    commits, a tenth of them for many, and every eighth one merges ``main`` once on its way.

    Args:
        folder: where.
        branches: how many.
        commits: how many.
        seed: of what is left to chance.
        files: each commit edits one of so many files, so that some branches conflict; with none, each
            commit adds a file of its own.
        empty: the commits have no files at all, which is much quicker where there are many.
        sha256: object ids are of the longer kind.
    """
    chance = random.Random(seed)
    trunk = linear("m", max(2, commits // 2))
    contents = Contents(chance, files) if files else None
    if contents is not None:
        contents.write_trunk(trunk)
    history, tips = list(trunk), {"main": trunk[-1].name}
    left = commits - len(trunk)
    for number in range(branches - 1):
        share = max(1, left // (branches - 1 - number))
        length = min(left, share * 5 if chance.random() < 0.1 else chance.randint(1, share))
        length = max(1, length)
        left = max(0, left - length)
        at = merged = chance.randrange(len(trunk) - 1)
        line = linear(f"b{number}-", length, trunk[at].name)
        if number % 8 == 0:
            merged = chance.randrange(at, len(trunk))
            line.append(Commit(f"b{number}-merge", [line[-1].name, trunk[merged].name]))
        if contents is not None:
            contents.write_branch(line, at, merged)
        history += line
        tips[f"{chance.choice(FAMILIES)}/{number}"] = line[-1].name
    made = new_repository(folder, bare=True, sha256=sha256)
    import_history(made, history, tips, empty=empty)
    git(made, "pack-refs", "--all")
    return made


class Contents:
    """What the files of a fleet hold, at each commit of the trunk and on the branches."""

    def __init__(self, chance: random.Random, files: int) -> None:
        self._chance = chance
        self._paths = [f"src/part{number % 20}/file{number}.py" for number in range(files)]
        self._edits: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        """Of the trunk: path -> commit's number, line, text."""

    def write_trunk(self, trunk: list[Commit]) -> None:
        """Fills in the files of the trunk: the first commit has all, each further one edits one."""
        trunk[0].files = {path: self._text(path, 0) for path in self._paths}
        for number, commit in enumerate(trunk[1:], start=1):
            path, line = self._somewhere()
            self._edits[path].append((number, line, commit.name))
            commit.files = {path: self._text(path, number)}

    def write_branch(self, line: list[Commit], at: int, merged: int) -> None:
        """Fills in the files of a branch that left the trunk at one commit and may merge a later one."""
        own: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for commit in line:
            if len(commit.parents) > 1:
                moved = [
                    path for path, edits in self._edits.items() if any(at < one[0] <= merged for one in edits)
                ]
                commit.files = {
                    path: self._text(path, merged, own[path]) for path in moved or self._paths[:1]
                }
                continue
            path, number = self._somewhere()
            own[path].append((number, commit.name))
            commit.files = {path: self._text(path, at, own[path])}

    def _somewhere(self) -> tuple[str, int]:
        hot = max(1, int(len(self._paths) * _HOT_FILES))
        path = self._chance.choice(self._paths[:hot] if self._chance.random() < 0.5 else self._paths)
        return path, self._chance.randrange(_LINES)

    def _text(self, path: str, at: int, own: Iterable[tuple[int, str]] = ()) -> str:
        lines = [f"{path} line {number}" for number in range(_LINES)]
        for number, line, text in self._edits[path]:
            if number <= at:
                lines[line] = f"edited by {text}"
        for line, text in own:
            lines[line] = f"edited by {text}"
        return "\n".join(lines) + "\n"
