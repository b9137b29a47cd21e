"""Real programs, real functions and a real HTTP server are told what the journal has noticed."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from alignwatch.hooks import teller
from alignwatch.hooks.readers import readers_of
from alignwatch.hooks.signature import headers
from alignwatch.hooks.teller import tell
from alignwatch.journal.notices import Notices, ReaderState
from alignwatch.journal.store import Journal
from alignwatch.settings import Hook, Parent, Propagation, Settings
from alignwatch.state_dir import journal_path
from support.far_end import Answer, Request, far_end
from support.journals import change, operation
from support.waiting import wait_until, wait_until_ended

KEEP = """
import os, sys
open(sys.argv[1], "a").write(sys.stdin.read() + os.environ["ALIGNWATCH_EVENT"] + "\\n")
"""
HANG = 'sleep 60 & echo $! > "$1"; wait'


class Site:
    """A journal, and readers that are told of it."""

    def __init__(self, folder: Path, hooks: tuple[Hook, ...] = (), parents: tuple[Parent, ...] = ()) -> None:
        self.settings = Settings(state_dir=str(folder), hooks=hooks, propagation=Propagation(parents=parents))
        self.path = journal_path(folder)
        self.notices = Notices(self.path)
        self.notices.register(one.name for one in readers_of(self.settings))

    def happen(self, *names: str) -> None:
        with Journal(self.path) as journal:
            journal.record_all([operation(name) for name in names])

    def tell(self) -> None:
        asyncio.run(tell(self.settings, self.notices))

    def states(self) -> Mapping[str, ReaderState]:
        with Journal(self.path) as journal:
            return journal.read(300, time.time()).readers


def hook(name: str, *command: str, **more: Any) -> Hook:
    return Hook(name=name, command=command, **more)


def python(name: str, code: str, *arguments: str, **more: Any) -> Hook:
    return hook(name, sys.executable, "-c", code, *arguments, **more)


def test_a_program_gets_each_event_once_on_its_input(tmp_path: Path) -> None:
    kept = tmp_path / "it's $(here)"
    site = Site(tmp_path, (python("keep", KEEP, str(kept)),))
    site.happen("a", "b")
    site.tell()
    site.happen("c")
    site.tell()
    site.tell()
    lines = [line.rsplit("}", 1) for line in kept.read_text().splitlines()]
    events = [json.loads(line + "}") for line, _ in lines]
    assert [one["data"]["operation_id"] for one in events] == ["a", "b", "c"]
    assert {name for _, name in lines} == {"operation_ended"}
    assert (events[0]["format"], events[0]["repository"]) == (1, "app")
    assert site.states() == {"keep": ReaderState({"told": 3}, None)}


def test_one_that_breaks_or_hangs_hinders_no_other_and_is_a_figure(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept"
    child = tmp_path / "child"
    site = Site(
        tmp_path,
        (
            hook("absent", str(tmp_path / "none")),
            python("broken", "raise SystemExit(7)"),
            python("killed", "import os; os.kill(os.getpid(), 15)"),
            python("unusual", "import os; os.kill(os.getpid(), 40)"),
            hook("unsaid", "echo", "no\0argument"),
            hook("hung", "sh", "-c", HANG, "sh", str(child), timeout_seconds=3.0),
            hook("deaf", "true"),
            python("keep", KEEP, str(kept)),
        ),
    )
    site.happen("a")
    site.tell()
    assert {name: (*state.totals, state.problem) for name, state in site.states().items()} == {
        "absent": ("failed", "cannot be started: No such file or directory"),
        "broken": ("failed", "exit code 7"),
        "killed": ("failed", "ended by SIGTERM"),
        "unusual": ("failed", "ended by signal 40"),
        "unsaid": ("failed", "cannot be started: embedded null byte"),
        "hung": ("timeout", "took longer than 3 s"),
        "deaf": ("told", None),
        "keep": ("told", None),
    }
    assert "broken: operation_ended" in capfd.readouterr().err
    wait_until_ended(int(child.read_text()))


def test_what_comes_while_one_is_slow_does_not_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teller, "LOOK_SECONDS", 0.02)
    kept = tmp_path / "kept"
    # It ends when the other one has been told of what came after it had begun.
    waits = f"until [ $(wc -l < {kept}) = 2 ]; do sleep 0.02; done"
    slow = hook("slow", "sh", "-c", waits, events=("branch_event",), timeout_seconds=60.0)
    site = Site(tmp_path, (slow, python("keep", KEEP, str(kept), events=("operation_ended",))))
    site.happen("a")
    site.notices.note("branch_event", "app", "1", "rewound", time.time())

    async def told() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(tell(site.settings, site.notices))
            while not kept.exists():
                await asyncio.sleep(0.02)
            await asyncio.to_thread(site.happen, "b")

    asyncio.run(told())
    assert {name: state.totals for name, state in site.states().items()} == {
        "slow": {"told": 1},
        "keep": {"told": 2},
    }


def test_a_function_of_another_package_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "site"
    (package / "improve-1.dist-info").mkdir(parents=True)
    (package / "improve-1.dist-info" / "METADATA").write_text("Name: improve\nVersion: 1\n")
    (package / "improve-1.dist-info" / "entry_points.txt").write_text(
        "[alignwatch.hooks]\nimprove = improve:happened\nfail = improve:fail\n"
    )
    (package / "improve.py").write_text(
        "import os\ndef happened(event):\n"
        "    open(os.environ['KEPT'], 'w').write(event['data']['outcome'])\ndef fail(event):\n    1 / 0\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(package), *sys.path]))
    monkeypatch.setenv("KEPT", str(tmp_path / "kept"))
    entries = [Hook(name=one, entry_point=one) for one in ("improve", "fail", "none")]
    site = Site(tmp_path, tuple(entries))
    site.happen("a")
    site.tell()
    assert (tmp_path / "kept").read_text() == "success"
    assert {name: state.problem for name, state in site.states().items()} == {
        "improve": None,
        "fail": "exit code 1",
        "none": "exit code 2",
    }
    said = capfd.readouterr().err
    assert "ZeroDivisionError" in said
    assert "no installed package has an entry point 'none' in the group alignwatch.hooks" in said


def parent(url: str, **more: Any) -> Parent:
    return Parent(name="parent", url=url, **more)


def test_a_parent_gets_signed_posts_in_their_order(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n")
    secret.chmod(0o600)
    with far_end(lambda _: Answer(status=202)) as server:
        site = Site(tmp_path, parents=(parent(f"{server.url}/in", secret_file=str(secret)),))
        site.happen("a", "b")
        site.tell()
        one, other = server.requests
    assert (one.method, one.path, one.headers["content-type"]) == ("POST", "/in", "application/json")
    assert [json.loads(each.body)["data"]["operation_id"] for each in (one, other)] == ["a", "b"]
    assert one.headers["webhook-id"] == json.loads(one.body)["id"] != other.headers["webhook-id"]
    sent = float(one.headers["webhook-timestamp"])
    assert abs(sent - time.time()) < 60
    signed = headers(b"correct horse", one.headers["webhook-id"], sent, one.body)
    assert one.headers["webhook-signature"] == signed["webhook-signature"]
    assert site.states()["parent"] == ReaderState({"told": 2}, None)


def test_a_parent_that_is_away_is_told_later_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(teller, "FIRST_PAUSE_SECONDS", 0.1)
    answers = iter([Answer(status=503), Answer(raw=b"nonsense\n"), Answer(status=429)])
    with far_end(lambda _: next(answers, Answer())) as server:
        site = Site(tmp_path, parents=(parent(server.url),))
        site.happen("a", "b")

        def all_told() -> bool:
            site.tell()
            return site.states()["parent"].totals == {"told": 2}

        wait_until(all_told, "the parent")
        told = [json.loads(one.body)["data"]["operation_id"] for one in server.requests]
    assert told == ["a", "a", "a", "a", "b"]
    assert len({one.headers["webhook-id"] for one in server.requests}) == 2
    assert site.states()["parent"].problem is None
    assert capfd.readouterr().err.count("it is tried again for a day") == 1


def test_what_a_parent_does_not_want_is_not_repeated(tmp_path: Path) -> None:
    def answer(request: Request) -> Answer:
        return Answer(status=422 if b'"a"' in request.body else 200)

    with far_end(answer) as server:
        site = Site(tmp_path, parents=(parent(server.url),))
        site.happen("a", "b")
        site.tell()
        assert len(server.requests) == 2
    assert site.states()["parent"].totals == {"refused": 1, "told": 1}


def test_a_day_is_enough(tmp_path: Path, nowhere: str) -> None:
    site = Site(tmp_path, parents=(parent(nowhere),))
    site.happen("a")
    change(site.path, "UPDATE notices SET noticed = noticed - 90000")
    site.tell()
    state = site.states()["parent"]
    assert state.totals == {"expired": 1}
    assert "cannot be reached" in str(state.problem)


def test_a_secret_that_is_missing_is_a_problem_that_is_tried_again(tmp_path: Path) -> None:
    with far_end(lambda _: Answer()) as server:
        site = Site(tmp_path, parents=(parent(server.url, secret_file=str(tmp_path / "none")),))
        site.happen("a")
        site.tell()
        assert server.requests == []
    assert "propagation.parents.parent.secret_file: cannot read" in str(site.states()["parent"].problem)
