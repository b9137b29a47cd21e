"""What ``git fsck`` says of a repository, by its exit code and by the kind of its messages.

The exit code is a set of bits (git's ``builtin/fsck.c``); 128 means that fsck itself gave up, which it
does on an empty object or an unreadable index, but also when it may not look at all. Only dangling objects
give 0.
"""

import re
import signal
import time
from pathlib import Path

from alignwatch.git.command import Git, GitError
from alignwatch.snapshot import FsckReading

KINDS = ("object", "reachability", "pack", "refs", "commit_graph", "index")
"""What can be damaged; the bounded values of the label."""

_BITS = {1: "object", 2: "reachability", 4: "pack", 8: "refs", 16: "commit_graph"}
_GAVE_UP = 128
_FATAL = {
    "pack": re.compile(r"packfile|pack-\w+\.(pack|idx)"),
    "refs": re.compile(r"invalid sha1 pointer|ref "),
    "commit_graph": re.compile(r"commit-graph"),
    "index": re.compile(r"index file|bad signature|bad index"),
}
_HINDERED = re.compile(
    r"Permission denied|[Oo]ut of memory|Cannot allocate memory|Too many open files|temporarily unavailable"
)
"""What git could not look at is not known to be damaged."""
_ENDED = (-signal.SIGKILL, -signal.SIGTERM)
_KEPT_MESSAGES = 20


def fsck(git: Git, repository: Path, deadline: float, *, full: bool) -> FsckReading:
    """Checks a repository; gives way to everything else on the machine while it does.

    Args:
        git: runs it.
        repository: the repository.
        deadline: seconds.
        full: also hash every object; without it only connectivity is checked, which does not see an
            object whose content was altered.

    Raises:
        GitError: out of time, git could not be started, or could not look at everything.
    """
    started = time.time()
    mode = "--full" if full else "--connectivity-only"
    done = git.run(
        repository, "fsck", mode, "--no-dangling", "--no-progress", deadline=deadline, expected=(), nice=True
    )
    messages = (done.stderr + done.stdout).decode("utf-8", "backslashreplace").splitlines()
    finished = time.time()
    if done.exit_code != 0:
        # What cannot even be opened, being away or another user's, fails here.
        git.run(repository, "rev-parse", "--git-dir", deadline=deadline)
        _refuse_hindrance(repository, done.exit_code, messages)
    return FsckReading(
        finished=finished,
        duration=finished - started,
        full=full,
        exit_code=done.exit_code,
        problems=_problems(done.exit_code, messages),
        messages=tuple(messages[:_KEPT_MESSAGES]),
    )


def _refuse_hindrance(repository: Path, exit_code: int, messages: list[str]) -> None:
    ended = "it was killed" if exit_code in _ENDED else None
    if why := next(filter(_HINDERED.search, messages), ended):
        raise GitError(f"{repository}: git fsck could not look at everything: {why}", reason="git")


def _problems(exit_code: int, messages: list[str]) -> dict[str, bool]:
    if exit_code < 0 or exit_code >= _GAVE_UP:
        fatal = [message for message in messages if message.startswith("fatal:")]
        found = {kind for kind, pattern in _FATAL.items() if any(map(pattern.search, fatal))} or {"object"}
    else:
        found = {kind for bit, kind in _BITS.items() if exit_code & bit}
    return {kind: kind in found for kind in KINDS}
