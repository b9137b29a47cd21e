"""One git process, as the lines of its event file tell it: git's ``Documentation/technical/api-trace2``.

Lines are told apart by how they begin, and only the few that matter here are decoded. A line that cannot
be used is as good as missing: it loses nothing else.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from alignwatch.operation import Kind

KINDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind if kind is not Kind.ALIGN}
"""Each of git's commands that is an alignment."""
COMMIT, RESET = "commit", "reset"
"""Commands that end some of what has stopped: one concludes it, the other one gives it up."""

_SESSION = re.compile(r"(\d{8}T\d{6}\.\d{6})Z-(?:H([0-9a-f]{8})|Localhost)-P([0-9a-f]{8})(?:\.\d+)?")
_PREFIX = len(b'{"event":"')
_REGIONS = {
    b'"category":"merge"': "merge",
    b'"category":"unpack_trees"': "unpack_trees",
    b'"label":"prime_cache_tree"': "prime_cache_tree",
}
"""What tells that git went to work. A quote inside a value is escaped, so these are no part of one."""


class Session(NamedTuple):
    """What git's name for one process says."""

    started: float
    """Seconds since the epoch."""
    host: str
    """The first digits of the SHA-1 of the host's name; empty if git did not know it."""
    pid: int


class Head(NamedTuple):
    """What the first lines of a file say."""

    session: str
    """Session ids of the git processes that this one ran inside, and its own, with ``/`` between."""
    name: str
    """git's name for what it does: a command, or one in underscores for running another program."""
    worktree: str | None


class GitRun(NamedTuple):
    """One git process, with what those that it ran inside itself add."""

    session: str
    name: str
    arguments: tuple[str, ...]
    """The command line, the program first."""
    worktree: str | None
    """The work tree's folder; None outside of any."""
    started: float
    """Seconds since the epoch."""
    ended: float
    """As ``started``; for a process that did not say when, the best that is known."""
    exit_code: int | None
    """None when it did not come to its end by itself: it was killed."""
    editing: float
    """Seconds in which an editor was open."""
    children: Mapping[str, int]
    """Commands of git's that it ran, each with its last exit code."""
    regions: frozenset[str]
    """Which of the known parts of its work it came to."""


def session_of(name: str) -> Session | None:
    """What one process's session id, or the name of its file, says; None for anything else."""
    match = _SESSION.fullmatch(name)
    if match is None:
        return None
    try:
        started = datetime.strptime(match[1], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Session(started.timestamp(), match[2] or "", int(match[3], 16))


def read_head(lines: Iterable[bytes]) -> Head | None:
    """Reads only so far that it is known what the process does; None while the file does not say."""
    worktree = None
    for line in lines:
        if line.startswith(b'{"event":"def_repo"'):
            worktree = worktree or _text(_decoded(line), "worktree")
        elif line.startswith(b'{"event":"cmd_name"'):
            event = _decoded(line)
            session, name = _text(event, "sid"), _text(event, "name")
            if session and name:
                return Head(session, name, worktree)
    return None


def read_run(head: Head, lines: Iterable[bytes], silent_since: float) -> GitRun:
    """Reads the whole file of a process that is no more.

    Args:
        head: what its first lines say.
        lines: all of them.
        silent_since: seconds since the epoch; taken for its end where the file does not tell.
    """
    reader = _Reader()
    for line in lines:
        end = line.find(b'"', _PREFIX)
        take = _TAKERS.get(line[_PREFIX:end])
        if take is not None:
            take(reader, line)
    session = session_of(head.session.rpartition("/")[2])
    started = session.started if session else silent_since
    if reader.exit_code is None:
        ended = max(started, silent_since)
    elif reader.ended is None:
        ended = started + reader.elapsed
    else:
        # git names itself only after it has read its configuration, up to milliseconds after it began.
        started, ended = reader.ended - reader.elapsed, reader.ended
    return GitRun(
        session=head.session,
        name=head.name,
        arguments=reader.arguments,
        worktree=reader.worktree or head.worktree,
        started=started,
        ended=ended,
        exit_code=reader.exit_code,
        editing=min(reader.editing, ended - started),
        children=reader.children,
        regions=frozenset(reader.regions),
    )


def with_inner(run: GitRun, inner: Iterable[GitRun]) -> GitRun:
    """A process with what it ran inside itself: their editors, and the work that a pull leaves to others."""
    if run.name == Kind.PULL:
        run = run._replace(regions=frozenset())  # It only looks whether the work tree is clean.
    for one in inner:
        run = run._replace(editing=min(run.editing + one.editing, run.ended - run.started))
        if one.name in KINDS:
            run = run._replace(children={**one.children, **run.children}, regions=run.regions | one.regions)
    return run


class _Reader:
    """What has been read of a file so far."""

    def __init__(self) -> None:
        self.arguments: tuple[str, ...] = ()
        self.worktree: str | None = None
        self.exit_code: int | None = None
        self.elapsed = 0.0
        self.ended: float | None = None
        self.editing = 0.0
        self.children: dict[str, int] = {}
        self.regions: set[str] = set()
        self._running: dict[int, str] = {}
        """What each child is: ``editor``, or a command of git's."""

    def start(self, line: bytes) -> None:
        self.arguments = self.arguments or _texts(_decoded(line), "argv")

    def repository(self, line: bytes) -> None:
        self.worktree = self.worktree or _text(_decoded(line), "worktree")

    def child_start(self, line: bytes) -> None:
        event = _decoded(line)
        number, arguments = _whole(event, "child_id"), _texts(event, "argv")
        if number is not None and event.get("child_class") == "editor":
            self._running[number] = "editor"
        elif number is not None and len(arguments) > 1 and arguments[0] == "git":
            self._running[number] = arguments[1]

    def child_exit(self, line: bytes) -> None:
        event = _decoded(line)
        number, code = _whole(event, "child_id"), _whole(event, "code")
        what = None if number is None else self._running.pop(number, None)
        if what == "editor":
            self.editing += _seconds(event, "t_rel")
        elif what is not None and code is not None:
            self.children[what] = code

    def region(self, line: bytes) -> None:
        self.regions.update(name for words, name in _REGIONS.items() if words in line)

    def end(self, line: bytes) -> None:
        event = _decoded(line)
        if (code := _whole(event, "code")) is not None:
            self.exit_code, self.elapsed = code, _seconds(event, "t_abs")
            self.ended = _moment(event, "time")


_TAKERS = {
    b"start": _Reader.start,
    b"def_repo": _Reader.repository,
    b"child_start": _Reader.child_start,
    b"child_exit": _Reader.child_exit,
    b"region_enter": _Reader.region,
    b"atexit": _Reader.end,
}


def _decoded(line: bytes) -> dict[str, Any]:
    # Paths and arguments are the operating system's bytes, which JSON would not allow.
    try:
        event = json.loads(line.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _text(event: Mapping[str, Any], key: str) -> str | None:
    value = event.get(key)
    return value if isinstance(value, str) and "\0" not in value else None


def _texts(event: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = event.get(key)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _whole(event: Mapping[str, Any], key: str) -> int | None:
    value = event.get(key)
    return value if isinstance(value, int) and abs(value) < 1 << 31 else None


def _seconds(event: Mapping[str, Any], key: str) -> float:
    value = event.get(key)
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0


def _moment(event: Mapping[str, Any], key: str) -> float | None:
    try:
        moment = datetime.fromisoformat(_text(event, key) or "")
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None
