"""Real git repositories, made fast: whole histories by one ``git fast-import``.

``tests`` and benchmarks make every repository they need from here.
"""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.invalid",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.invalid",
    "GIT_EDITOR": "true",
    # Its maintenance after a commit goes on in the background from git 2.47 on, if it is let.
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "maintenance.autoDetach",
    "GIT_CONFIG_VALUE_0": "false",
}
"""What a test's git sees: nothing of the machine's own configuration."""

EPOCH = 1_700_000_000
"""Commit time of the first commit; each further one is a minute later."""


def git(folder: Path, *arguments: str, check: bool = True, stdin: bytes = b"") -> str:
    """Runs git in a test repository and returns what it printed."""
    done = subprocess.run(
        ["git", "-C", os.fspath(folder), *arguments],
        input=stdin,
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"git {' '.join(arguments)}: {done.returncode}\n{done.stderr.decode()}")
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def new_repository(folder: Path, *, bare: bool = False, sha256: bool = False) -> Path:
    """An empty repository whose HEAD is on ``main``."""
    folder.mkdir(parents=True, exist_ok=True)
    options = [*(["--bare"] if bare else []), *(["--object-format=sha256"] if sha256 else [])]
    git(folder, "init", "--quiet", "--initial-branch=main", *options)
    return folder


@dataclass
class Commit:
    """One commit of a history: parents are names given earlier, files are path -> content."""

    name: str
    parents: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    when: int | None = None
    whole: bool = False
    """Whether the files are all there are, rather than what differs from the first parent."""
    modes: Mapping[str, str] = field(default_factory=dict)
    """Path -> mode, of those that are no ordinary files."""


def import_history(
    repository: Path, commits: Iterable[Commit], branches: Mapping[Any, str], *, empty: bool = False
) -> dict[str, str]:
    """Writes commits and branches in one go.

    Args:
        repository: an existing repository.
        commits: parents before children; a commit without files gets one named after it.
        branches: branch name (after ``refs/heads/``, text or bytes) -> name of the commit it points to.
        empty: a commit without files gets none, which is much quicker where there are thousands.

    Returns:
        The object id of each commit, by its name.
    """
    marks: dict[str, int] = {}
    stream: list[bytes] = []
    for number, commit in enumerate(commits, start=1):
        marks[commit.name] = number
        when = EPOCH + 60 * number if commit.when is None else commit.when
        stream.append(b"commit refs/fast-import/scratch\nmark :%d\n" % number)
        stream.append(b"committer A <a@example.invalid> %d +0000\n" % when)
        stream.append(b"data %d\n%s\n" % (len(commit.name.encode()), commit.name.encode()))
        if not commit.parents and number > 1:
            stream.insert(-3, b"reset refs/fast-import/scratch\n")
        for position, parent in enumerate(commit.parents):
            stream.append(b"%s :%d\n" % (b"merge" if position else b"from", marks[parent]))
        if commit.whole:
            stream.append(b"deleteall\n")
        usual = {} if empty else {f"file-{commit.name}": commit.name}
        for path, content in (commit.files or usual).items():
            data, mode = content.encode(), commit.modes.get(path, "100644").encode()
            stream.append(b"M %s inline %s\ndata %d\n%s\n" % (mode, path.encode(), len(data), data))
    for branch, name in branches.items():
        ref = branch if isinstance(branch, bytes) else branch.encode("utf-8", "surrogateescape")
        stream.append(b"reset refs/heads/%s\nfrom :%d\n\n" % (ref, marks[name]))
    digits = 64 if git(repository, "rev-parse", "--show-object-format") == "sha256" else 40
    stream.append(b"reset refs/fast-import/scratch\nfrom %s\n\n" % (b"0" * digits))
    marks_file = repository / "test-marks"
    git(
        repository,
        "fast-import",
        "--quiet",
        "--force",
        f"--export-marks={marks_file.resolve()}",
        stdin=b"".join(stream),
    )
    ids = dict(line.split() for line in marks_file.read_text().splitlines())
    marks_file.unlink()
    return {name: ids[f":{number}"] for name, number in marks.items()}


def linear(prefix: str, count: int, parent: str | None = None) -> list[Commit]:
    """A chain of commits ``prefix0``, ``prefix1`` ... on top of ``parent``."""
    commits = []
    for number in range(count):
        name = f"{prefix}{number}"
        commits.append(Commit(name, [parent] if parent else []))
        parent = name
    return commits


def everything_in(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Each path below a folder with its mode, time of change and content."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }
