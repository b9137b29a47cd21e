"""None of the checks stops another, however it fails."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import psutil
import pytest

from alignwatch.diagnostics.check import Check, Finding, critical, ok, skipped, warning
from alignwatch.diagnostics.context import Context, Shared
from alignwatch.diagnostics.doctor import context_of
from alignwatch.diagnostics.runner import AT_ONCE, merged, run_checks
from alignwatch.diagnostics.status import Status, worst
from alignwatch.errors import AlignwatchError
from alignwatch.settings import Repository, Settings
from alignwatch.shell import typed
from support.repositories import ENVIRONMENT
from support.waiting import wait_until


def check(
    id_: str, run: Callable[[Context], Iterable[Finding]], *, seconds: float = 5.0, each: bool = False
) -> Check:
    return Check(
        id=id_, summary="s", well="all is well", run=run, deadline_seconds=seconds, each_repository=each
    )


@pytest.fixture
def context(repository: Path) -> Context:
    return context_of(
        Settings(repositories=(Repository(path=str(repository), name="app"),)), None, ENVIRONMENT
    )


def findings_of(context: Context, *checks: Check) -> dict[str, tuple[Finding, ...]]:
    return {id_: findings for id_, (findings, _) in merged(run_checks(checks, context)).items()}


def raises(error: Exception) -> Callable[[Context], Iterable[Finding]]:
    def run(context: Context) -> Iterator[Finding]:
        yield ok("begun")
        raise error

    return run


def test_nothing_found_is_well(context: Context) -> None:
    (found,) = findings_of(context, check("quiet", lambda _: ()))["quiet"]
    assert (found.status, found.seen) == (Status.OK, "all is well")


def test_one_that_crashes_and_one_that_hangs_stop_no_other(context: Context) -> None:
    hang = threading.Event()
    found = findings_of(
        context,
        check("hangs", lambda _: [ok(str(hang.wait(60)))], seconds=0.2),
        check("crashes", raises(RuntimeError("odd"))),
        check("cannot", raises(AlignwatchError("the journal is locked; try again"))),
        check("well", lambda _: [ok("here")]),
    )
    hang.set()
    assert found["well"][0].seen == "here"
    assert [found[id_][0].status for id_ in ("hangs", "crashes", "cannot")] == [Status.CRASHED] * 3
    assert found["hangs"][0].seen == "did not end within 0.2 s"
    assert found["hangs"][0].commands == (("alignwatch", "doctor", "hangs"),)
    assert found["crashes"][0].seen == "RuntimeError: odd"


def test_more_that_hang_than_run_at_once_keep_no_other_waiting(context: Context) -> None:
    hang = threading.Event()
    hanging = [
        check(f"hangs-{number}", lambda _: [ok(str(hang.wait(60)))], seconds=0.1)
        for number in range(2 * AT_ONCE)
    ]
    began = time.monotonic()
    found = findings_of(context, *hanging, check("well", lambda _: [ok("here")]))
    hang.set()
    assert found["well"][0].seen == "here"
    assert time.monotonic() - began < 30


def test_git_that_hangs_is_ended_with_its_check(context: Context, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def run(one: Context) -> Iterator[Finding]:
        one.git.run(one.path, "hash-object", str(pipe), deadline=60)
        yield ok("never")

    found = findings_of(context, check("git", run, seconds=0.3, each=True))
    assert found["git"][0].status is Status.CRASHED

    def git() -> list[psutil.Process]:
        found = psutil.process_iter(["cmdline"])
        return [one for one in found if str(pipe) in (one.info["cmdline"] or ())]

    wait_until(lambda: not git(), "the end of git")


def test_a_repository_that_opens_and_hangs_then_is_not_well(context: Context) -> None:
    refs = context.settings.repositories[0].path + "/.git/packed-refs"
    Path(refs).unlink(missing_ok=True)
    os.mkfifo(refs)

    def run(one: Context) -> Iterator[Finding]:
        one.git.run(one.path, "rev-parse", "--git-dir", deadline=10)
        one.git.run(one.path, "for-each-ref", deadline=0.3)
        yield ok("never")

    (found,) = findings_of(context, check("refs", run, seconds=30, each=True))["refs"]
    assert found.status is Status.CRASHED
    assert "for-each-ref did not end within 0.3 s" in found.seen


def test_a_repository_that_git_cannot_read_is_left_to_the_check_that_tells_of_it(tmp_path: Path) -> None:
    settings = Settings(repositories=(Repository(path=str(tmp_path / "gone"), name="gone"),))

    def run(one: Context) -> Iterator[Finding]:
        one.git.run(one.path, "status", deadline=5)
        yield ok("never")

    (found,) = findings_of(context_of(settings, None, ENVIRONMENT), check("git", run, each=True))["git"]
    assert found.status is Status.SKIPPED
    assert found.where.repository == "gone"


def test_each_repository_is_looked_at_and_the_worst_comes_first(repository: Path) -> None:
    settings = Settings(
        repositories=tuple(Repository(path=str(repository), name=name) for name in ("a", "b", "c"))
    )
    said = {"a": ok("a"), "b": critical("b", "mend"), "c": warning("c", "mend", file="x")}
    found = findings_of(
        context_of(settings, None, ENVIRONMENT),
        check("each", lambda one: [said[one.repository.label]], each=True),
    )
    assert [one.where.repository for one in found["each"]] == ["b", "c", "a"]
    assert worst(one.status for one in found["each"]) is Status.CRITICAL


def test_what_is_said_is_one_line_without_secrets_or_escapes(context: Context) -> None:
    token = "gh" + "p_" + "a1B2" * 9
    url = f"https://alice:{token}@host/x"
    bad = warning(f"two\nlines {url} \x1b[31m", f"use {url}", ("git", "push", url), key=url)
    (found,) = findings_of(context, check("leaks", lambda _: [bad]))["leaks"]
    assert token not in repr(found)
    assert found.seen == "two lines https://***@host/x \\x1b[31m"
    assert found.commands == (("git", "push", "https://***@host/x"),)


def test_a_command_about_a_name_that_is_no_text_can_be_shown_and_typed(context: Context) -> None:
    name = "caf\udce9 'x"
    bad = warning("bad", "say it", ("printf", "%s", name))
    (found,) = findings_of(context, check("says", lambda _: [bad]))["says"]
    (command,) = msgspec.json.decode(msgspec.json.encode(found))["commands"]
    for words in (command, ["bash", "-c", typed(command)]):
        assert subprocess.run(words, capture_output=True, check=True).stdout == os.fsencode(name)


def test_our_own_commands_are_about_the_same_configuration(context: Context) -> None:
    file = Path("/etc/alignwatch/alignwatch.yaml")
    commands = (("alignwatch", "maintenance", "run", "backup"), ("alignwatch", "config", "check", str(file)))
    bad = warning("bad", "mend", *commands, ("git", "gc"))
    (found,) = findings_of(replace(context, config=file), check("says", lambda _: [bad]))["says"]
    assert found.commands == ((*commands[0], "--config", str(file)), commands[1], ("git", "gc"))
    assert findings_of(context, check("says", lambda _: [bad]))["says"][0].commands == bad.commands


def test_what_is_shared_is_found_out_once_and_fails_for_all() -> None:
    shared, asked = Shared(), []

    def find_out() -> int:
        asked.append(1)
        raise AlignwatchError("no")

    for _ in range(2):
        with pytest.raises(AlignwatchError, match="no"):
            shared.once("x", find_out)
    assert asked == [1]
    assert shared.once("y", lambda: 2) == shared.once("y", lambda: 3) == 2


def test_what_cannot_be_judged_is_milder_than_what_is_well() -> None:
    assert worst([]) is Status.SKIPPED
    assert worst([Status.SKIPPED, Status.OK]) is Status.OK
    assert worst([Status.WARNING, Status.CRASHED]) is Status.CRASHED
    assert worst([Status.CRASHED, Status.CRITICAL]) is Status.CRITICAL
    assert skipped("x").remedy == ""
