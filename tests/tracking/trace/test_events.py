"""What is understood of an event file, and that no line of one can do harm."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.tracking.trace.events import (
    GitRun,
    Head,
    Session,
    read_head,
    read_run,
    session_of,
    with_inner,
)

NAME = "20261122T134128.244876Z-H0a7c9cdf-P000072ea"
STARTED = datetime(2026, 11, 22, 13, 41, 28, 244876, UTC).timestamp()


def event(kind: str, **fields: Any) -> bytes:
    """One line as git writes it."""
    return json.dumps({"event": kind, "sid": NAME, **fields}, separators=(",", ":")).encode() + b"\n"


REBASE = [
    event("version", evt="3", exe="2.39.5"),
    event("start", t_abs=0.0005, argv=["git", "rebase", "main"]),
    event("def_repo", repo=1, worktree="/srv/app"),
    event("cmd_name", name="rebase", hierarchy="rebase"),
    event("child_start", child_id=0, child_class="editor", argv=["vi", "git-rebase-todo"]),
    event("child_exit", child_id=0, code=0, t_rel=2.5),
    event("child_start", child_id=1, child_class="?", argv=["git", "commit", "-e"]),
    event("child_exit", child_id=1, code=1, t_rel=0.1),
    event("region_enter", repo=1, nesting=1, category="merge", label="record_conflicted"),
    event("def_repo", repo=2, worktree="/srv/app/submodule"),
    event("atexit", t_abs=4.0, code=1),
]


def read(lines: list[bytes], silent_since: float = 0.0) -> GitRun:
    head = read_head(lines)
    assert head is not None
    return read_run(head, lines, silent_since)


def test_a_whole_file() -> None:
    assert read(REBASE) == GitRun(
        session=NAME,
        name="rebase",
        arguments=("git", "rebase", "main"),
        worktree="/srv/app",
        started=STARTED,
        ended=STARTED + 4,
        exit_code=1,
        editing=2.5,
        children={"commit": 1},
        regions=frozenset({"merge"}),
    )


@pytest.mark.parametrize(
    ("told", "ended"),
    [
        ("2026-11-22T13:41:32.242876Z", STARTED + 3.998),
        ("2026-11-22T13:41:32.242876", STARTED + 4),
        ("soon", STARTED + 4),
        ("", STARTED + 4),
        (7, STARTED + 4),
    ],
)
def test_the_end_is_when_git_says_it_was(told: Any, ended: float) -> None:
    run = read([*REBASE[:-1], event("atexit", time=told, t_abs=4.0, code=1)])
    assert [run.started, run.ended] == pytest.approx([ended - 4, ended], abs=1e-5)


def test_the_head_is_read_no_further_than_needed() -> None:
    lines = iter(REBASE)
    assert read_head(lines) == Head(NAME, "rebase", "/srv/app")
    assert next(lines) == REBASE[4]
    assert read_head(REBASE[:3]) is None


def test_a_process_that_did_not_say_how_it_ended() -> None:
    run = read(REBASE[:-1], silent_since=STARTED + 7)
    assert (run.exit_code, run.ended) == (None, STARTED + 7)
    assert read(REBASE[:-1], silent_since=1.0).ended == run.started


def test_what_ran_inside_adds_its_editors_and_the_work_of_a_pull() -> None:
    outer = read(REBASE)._replace(name="pull", editing=0.0, children={"rebase": 1}, regions=frozenset())
    inner = read(REBASE)._replace(children={"am": 128})
    whole = with_inner(outer._replace(regions=frozenset({"unpack_trees"})), [inner])
    assert whole == outer._replace(editing=2.5, children={"am": 128, "rebase": 1}, regions=inner.regions)
    long = outer.ended - outer.started
    commit = inner._replace(name="commit", editing=3.0)
    assert with_inner(outer, [commit, commit]) == outer._replace(editing=long)


@pytest.mark.parametrize(
    ("name", "session"),
    [
        (NAME, Session(STARTED, "0a7c9cdf", 0x72EA)),
        (NAME + ".1", Session(STARTED, "0a7c9cdf", 0x72EA)),
        (NAME.replace("H0a7c9cdf", "Localhost"), Session(STARTED, "", 0x72EA)),
        (NAME.replace("1122T", "1322T"), None),
        ("git-trace2-discard", None),
        (f"x{NAME}", None),
        (f"{NAME}x", None),
        ("", None),
    ],
)
def test_a_session_is_told_by_its_name(name: str, session: Session | None) -> None:
    assert session_of(name) == session


def test_paths_and_arguments_need_not_be_text() -> None:
    start = event("start", argv=["git", "rebase", "X"]).replace(b"X", b"caf\xe9")
    place = event("def_repo", repo=1, worktree="X").replace(b'"X"', b'"/srv/caf\xe9"')
    run = read([start, place, *REBASE[3:]])
    assert (run.arguments[-1], run.worktree) == ("caf\udce9", "/srv/caf\udce9")


HOSTILE = [
    event("start", argv="rebase"),
    event("start", argv=[1, None, ["git"]]),
    event("def_repo", worktree=["/"]),
    event("def_repo", worktree="/srv\0/app"),
    event("cmd_name", name=None),
    event("cmd_name", name={}),
    event("child_start", child_id=[], child_class="editor", argv=[]),
    event("child_start", child_id=1e300, argv=["git", "am"]),
    event("child_start", child_id=7, argv=[]),
    event("child_exit", child_id={}, code=0),
    event("child_exit", child_id=99, code="0", t_rel=-1),
    event("child_exit", child_id=0, code=0, t_rel="long"),
    event("atexit", time="0001-01-01T00:00:00Z", t_abs=4.0, code="1"),
    event("atexit", t_abs=4.0, code=1 << 70),
    b'{"event":"atexit","code":' + b"9" * 5000 + b"}\n",
    b'{"event":"start","argv":' + b"[" * 100_000 + b"\n",
    b'{"event":"atexit"\n',
    b'{"event":"atexit\n',
    b'{"event":"start"}]\n',
    b'{"event":"cmd_name"\xff\xfe\n',
    b"[]\n",
    b"null\n",
    b"\n",
    b"\0" * 1000 + b"\n",
]


@given(st.lists(st.sampled_from(HOSTILE), max_size=3), st.integers(0, len(REBASE) - 1))
def test_a_hostile_line_loses_nothing_else(lines: list[bytes], place: int) -> None:
    run = read([*REBASE[:place], *lines, *REBASE[place:]])
    assert run._replace(editing=2.5) == read(REBASE)


@given(st.lists(st.binary() | st.sampled_from([*HOSTILE, *REBASE])))
def test_nothing_makes_it_fail(lines: list[bytes]) -> None:
    head = read_head(lines)
    if head is not None:
        read_run(head, lines, 0.0)
