"""Would a merge conflict? What ``git merge-tree --write-tree --stdin`` says of many merges in one run.

For each pair it prints whether the merge is clean, the resulting tree, and the files that conflict. It
gives up at the first pair that it cannot merge, by then having said what it found of those before. A
commit that it does not know ends it with the exit code of a conflict, 1, so only what it printed counts.

It does not heed ``.gitattributes`` (``merge=union`` and the like), and a submodule that both sides moved is
a conflict.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alignwatch.git.command import Git, GitError
from alignwatch.git.shadow import ISOLATED
from alignwatch.snapshot import Verdict

_USAGE = 129
_OBJECT_ID = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")
_STATUS = {b"0": False, b"1": True}
_ENTRY = re.compile(rb"[0-7]{6} ([0-9a-f]+) ([123])\t(.+)", re.DOTALL)
_TARGET, _BRANCH = b"2", b"3"

Parts = tuple[bytes | None, bytes | None]
"""What branch and target have in one file in conflict, as object ids; None for nothing. Of a renamed file it
stands under the new name."""


@dataclass(frozen=True, slots=True)
class Merge:
    """What one merge came to."""

    clean: bool
    conflicts: Mapping[bytes, Parts]
    """By path."""

    @property
    def verdict(self) -> Verdict:
        """The same in short."""
        return Verdict(self.clean, len(self.conflicts))


@dataclass(frozen=True, slots=True)
class Merges:
    """What one run found."""

    found: tuple[Merge, ...]
    """Of the first pairs, in their order."""
    error: GitError | None
    """Why the next one is not among them, or one further on: a git that was killed, or crashed (2.39 does
    on some renames), had not said all that it had found."""

    @property
    def killed(self) -> bool:
        """Whether the error may concern any of the pairs that were not merged."""
        return self.error is not None and (
            self.error.reason == "timeout" or (self.error.exit_code_of_git or 0) < 0
        )


def try_merges(git: Git, repository: Path, pairs: Sequence[tuple[str, str]], deadline: float) -> Merges:
    """Tries to merge each branch into its target.

    Args:
        git: runs it, giving way to everything else on the machine.
        repository: where the trees of the merges are written: a shadow of the watched repository.
        pairs: commits of branch and target; without a common ancestor every file is one that both added.
        deadline: seconds for all together.

    Raises:
        GitError: git cannot do this at all.
    """
    stdin = "".join(f"{target} {tip}\n" for tip, target in pairs).encode()
    arguments = ("merge-tree", "--write-tree", "--stdin", "-z", "--no-messages")
    found: list[Merge] = []
    try:
        with git.fields(
            repository,
            *arguments,
            "--allow-unrelated-histories",
            deadline=deadline,
            stdin=stdin,
            nice=True,
            environment=ISOLATED,
        ) as fields:
            found.extend(parse(fields))
    except GitError as error:
        if error.exit_code_of_git == _USAGE:
            raise GitError(
                f"{error}; the forecast needs git 2.39 (or turn it off: monitoring.forecast)", reason="git"
            ) from None
        if error.exit_code_of_git is None and error.reason != "timeout":
            raise
        return Merges(tuple(found), error)
    return Merges(tuple(found), None)


def parse(fields: Iterable[bytes]) -> Iterator[Merge]:
    """Reads what it prints of each merge; one cut short is left out.

    Raises:
        GitError: this is not what ``merge-tree`` prints.
    """
    remaining = iter(fields)
    for status in remaining:
        tree = next(remaining, b"")
        entries = []
        for entry in remaining:
            if not entry:
                break
            entries.append(entry)
        else:
            return
        found = [_ENTRY.fullmatch(entry) for entry in entries]
        if status not in _STATUS or not _OBJECT_ID.fullmatch(tree) or None in found:
            said = b" ".join((status[:80], tree[:80], *entries[:1]))
            raise GitError(f"git merge-tree said {said[:200]!r}", reason="git")
        yield Merge(_STATUS[status], _by_path(match.groups() for match in found if match))


def _by_path(entries: Iterable[tuple[bytes, ...]]) -> dict[bytes, Parts]:
    found: dict[bytes, dict[bytes, bytes]] = {}
    for object_id, stage, path in entries:
        found.setdefault(path, {})[stage] = object_id
    return {path: (stages.get(_BRANCH), stages.get(_TARGET)) for path, stages in found.items()}
