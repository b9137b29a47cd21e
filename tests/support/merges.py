"""Histories whose merges conflict or do not, and what git says of each merge when asked alone."""

import os
import random
import subprocess
from pathlib import Path

from alignwatch.snapshot import Verdict
from support.repositories import ENVIRONMENT, Commit, git

Files = dict[str, str]
"""Path -> content."""
_NAMES = ("a", "b", "c", "x")
_FOLDERS = ("", "", "d/", "d/s/", "e/", "x/")
"""Few, so that branches meet; ``x`` is a file here and a folder there."""
_LINES = 12


def random_history(chance: random.Random, commits: int = 12) -> list[Commit]:
    """A graph with merges, criss-cross ones among them, and files that are edited, moved and removed."""
    history: list[Commit] = []
    trees: dict[str, Files] = {}
    for number in range(commits):
        name = f"c{number}"
        parents = _parents(chance, list(trees))
        tree = _merged(chance, [trees[parent] for parent in parents]) if parents else _first(chance)
        for _ in range(chance.choice((1, 1, 2, 3))):
            _edit(chance, tree)
        trees[name] = tree or {"a": _text(chance)}
        modes = {path: "100755" for path in tree if chance.random() < 0.05}
        history.append(Commit(name, parents, trees[name], whole=True, modes=modes))
    return history


def branches_off(chance: random.Random, branches: int) -> list[Commit]:
    """A commit ``base``, and branches ``b0``, ``b1`` ... that all leave there, each for one commit."""
    base = _first(chance)
    for _ in range(3):
        _edit(chance, base)
    base = base or {"a": _text(chance)}
    history = [Commit("base", files=base, whole=True)]
    for number in range(branches):
        tree = dict(base)
        for _ in range(chance.choice((1, 1, 2, 3, 4))):
            _edit(chance, tree)
        history.append(Commit(f"b{number}", ["base"], tree or {"a": _text(chance)}, whole=True))
    return history


def _parents(chance: random.Random, earlier: list[str]) -> list[str]:
    if not earlier or (len(earlier) > 3 and chance.random() < 0.03):
        return []
    count = 2 if len(earlier) > 1 and chance.random() < 0.3 else 1
    return chance.sample(earlier[-6:], count)


def _first(chance: random.Random) -> Files:
    return {"a": _text(chance), "d/a": _text(chance), "d/b": _text(chance), "d/s/c": _text(chance)}


def _merged(chance: random.Random, trees: list[Files]) -> Files:
    """All of the first tree, and some of what the second has."""
    made = dict(trees[0])
    for tree in trees[1:]:
        for path, content in tree.items():
            if chance.random() < 0.6:
                _put(made, path, content)
    return made


def _edit(chance: random.Random, tree: Files) -> None:
    """One change of the kind that people make."""
    path = chance.choice(sorted(tree)) if tree else "a"
    match chance.choice(("edit", "edit", "edit", "add", "remove", "move", "move folder", "copy")):
        case "edit":
            _put(tree, path, _edited(chance, tree.get(path, "")))
        case "add":
            _put(tree, _path(chance), _text(chance))
        case "remove":
            tree.pop(path, None)
        case "move":
            content = tree.pop(path, "")
            _put(tree, _path(chance), content if chance.random() < 0.5 else _edited(chance, content))
        case "copy":
            _put(tree, _path(chance), _edited(chance, tree.get(path, "")))
        case "move folder":
            old, new = chance.sample(sorted(set(_FOLDERS) - {""}), 2)
            for inside in [inside for inside in tree if inside.startswith(old)]:
                _put(tree, new + inside.removeprefix(old), tree.pop(inside))


def _path(chance: random.Random) -> str:
    return chance.choice(_FOLDERS) + chance.choice(_NAMES)


def _put(tree: Files, path: str, content: str) -> None:
    """Adds a file; one in place of a folder or below a file takes its place."""
    for other in [other for other in tree if other.startswith(f"{path}/") or path.startswith(f"{other}/")]:
        del tree[other]
    tree[path] = content


def _text(chance: random.Random) -> str:
    return "".join(f"line {chance.randrange(5)} {number}\n" for number in range(_LINES))


def _edited(chance: random.Random, content: str) -> str:
    lines = content.splitlines() or [""]
    for _ in range(chance.choice((1, 1, 2, 7))):
        lines[chance.randrange(len(lines))] = f"edited {chance.randrange(1000)}"
    return "\n".join(lines) + "\n"


def throw_away_clone(repository: Path, folder: Path) -> Path:
    """A clone that may be written to."""
    git(repository, "clone", "--quiet", "--bare", os.fspath(repository), os.fspath(folder))
    return folder


def reference(clone: Path, tip: str, target: str) -> Verdict | None:
    """What git says of one merge, asked the slow and obvious way; None for unrelated histories."""
    found = conflicting_files(clone, tip, target)
    return None if found is None else Verdict(found[0], len(found[1]))


def conflicting_files(clone: Path, tip: str, target: str) -> tuple[bool, set[bytes]] | None:
    """Whether a merge is clean, and the files in conflict; None where git cannot merge, or crashes."""
    arguments = ("merge-tree", "--write-tree", "--name-only", "-z", "--no-messages", target, tip)
    done = subprocess.run(
        ["git", "-C", os.fspath(clone), *arguments], capture_output=True, env=ENVIRONMENT, check=False
    )
    if not done.stdout:
        return None
    _, *paths = filter(None, done.stdout.split(b"\0"))
    return done.returncode == 0, set(paths)


def own_files(clone: Path, branch: str, target: str) -> set[bytes]:
    """The files in which a branch differs from each of its merge bases with its target."""
    bases = git(clone, "merge-base", "--all", branch, target).split()
    return set.intersection(
        *(
            set(git(clone, "diff", "--name-only", "--no-renames", base, branch).encode().splitlines())
            for base in bases
        )
    )
