"""Would a merge conflict? What ``git merge-tree --write-tree --stdin`` says of many merges in one run.

For each pair it prints whether the merge is clean, the resulting tree, and the paths that conflict. It
gives up at the first pair that it cannot merge, by then having said what it found of those before. A
commit that it does not know ends it with the exit code of a conflict, 1, so only what it printed counts.

It does not heed ``.gitattributes`` (``merge=union`` and the like), and a submodule that both sides moved is
a conflict.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alignwatch.git.command import Git, GitError
from alignwatch.git.shadow import ISOLATED
from alignwatch.snapshot import Verdict

_USAGE = 129
_OBJECT_ID = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")
_STATUS = {b"0": False, b"1": True}


@dataclass(frozen=True, slots=True)
class Merges:
    """What one run found."""

    verdicts: tuple[Verdict, ...]
    """Of the first pairs, in their order."""
    error: GitError | None
    """Why the next one has none, or one further on: a git that was killed, or crashed (2.39 does on some
    renames), had not said all that it had found."""

    @property
    def killed(self) -> bool:
        """Whether the error may concern any of the pairs without a verdict."""
        return self.error is not None and (
            self.error.reason == "timeout" or (self.error.exit_code_of_git or 0) < 0
        )


def try_merges(git: Git, repository: Path, pairs: Sequence[tuple[str, str]], deadline: float) -> Merges:
    """Tries to merge each branch into its target.

    Args:
        git: runs it, giving way to everything else on the machine.
        repository: where the trees of the merges are written: a shadow of the watched repository.
        pairs: commits of branch and target that have a common ancestor.
        deadline: seconds for all together.

    Raises:
        GitError: git cannot do this at all.
    """
    stdin = "".join(f"{target} {tip}\n" for tip, target in pairs).encode()
    arguments = ("merge-tree", "--write-tree", "--stdin", "--name-only", "-z", "--no-messages")
    verdicts: list[Verdict] = []
    try:
        with git.fields(
            repository, *arguments, deadline=deadline, stdin=stdin, nice=True, environment=ISOLATED
        ) as fields:
            verdicts.extend(Verdict(clean, len(paths)) for clean, paths in parse(fields))
    except GitError as error:
        if error.exit_code_of_git == _USAGE:
            raise GitError(
                f"{error}; the forecast needs git 2.39 (or turn it off: monitoring.forecast)", reason="git"
            ) from None
        if error.exit_code_of_git is None and error.reason != "timeout":
            raise
        return Merges(tuple(verdicts), error)
    return Merges(tuple(verdicts), None)


def parse(fields: Iterable[bytes]) -> Iterator[tuple[bool, tuple[bytes, ...]]]:
    """For each merge, whether it is clean and the paths that conflict; one cut short is left out.

    Raises:
        GitError: this is not what ``merge-tree`` prints.
    """
    remaining = iter(fields)
    for status in remaining:
        tree = next(remaining, b"")
        paths = []
        for path in remaining:
            if not path:
                break
            paths.append(path)
        else:
            return
        if status not in _STATUS or not _OBJECT_ID.fullmatch(tree):
            raise GitError(f"git merge-tree said {status[:80]!r} {tree[:80]!r}", reason="git")
        yield _STATUS[status], tuple(paths)
