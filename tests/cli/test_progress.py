import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import TextIO

import pytest

from alignwatch.cli.progress import Progress
from support.repositories import ENVIRONMENT
from support.terminals import COLUMNS, Terminal, run_on, terminal

WATCHED = {"TERM": "xterm", "CI": ""}


@contextmanager
def at_terminal(
    columns: int = COLUMNS, others: Mapping[str, TextIO | None] = MappingProxyType({})
) -> Iterator[Terminal]:
    """Has this process write to a terminal; with one of its streams to something else where that is named."""
    with terminal(columns) as made, pytest.MonkeyPatch.context() as patch:
        for name in ("stdout", "stderr"):
            patch.setattr(sys, name, others.get(name, made.program))
        for name, value in WATCHED.items():
            patch.setenv(name, value)
        yield made


def test_what_goes_on_is_shown_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    # Three seconds go by from one look at it to the next, however slow this machine is.
    clock = SimpleNamespace(monotonic=count(7.0, 3.0).__next__)
    monkeypatch.setattr("alignwatch.cli.progress.time", clock)
    with at_terminal() as screen:
        with Progress("app") as progress:
            screen.read_until("\r\x1b[Kapp, 3 s")
            progress.tell("3 of 7 merges tried")
            screen.read_until("\r\x1b[Kapp: 3 of 7 merges tried, ")
        assert screen.screen() == [""]


def test_what_ends_soon_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    # Soon, however slow this machine is.
    monkeypatch.setattr("alignwatch.cli.progress._DELAY_SECONDS", 60.0)
    with at_terminal() as screen:
        with Progress("app"):
            pass
        assert screen.screen() == [""]
        assert screen.seen == ""


def test_something_else_can_be_printed_meanwhile() -> None:
    with at_terminal() as screen:
        with Progress("app") as progress:
            screen.read_until("app, ")
            with progress.hidden():
                print("a warning")
            screen.read_until("a warning\r\n\r\x1b[Kapp")
        assert screen.screen() == ["a warning", ""]


def test_a_failure_leaves_nothing_behind() -> None:
    with at_terminal() as screen:
        with pytest.raises(KeyboardInterrupt), Progress("app"):
            screen.read_until("app, ")
            raise KeyboardInterrupt
        assert screen.screen() == [""]


@pytest.mark.parametrize(("letter", "letters"), [("x", 39), ("長", 19)])
def test_a_line_never_wraps(letter: str, letters: int) -> None:
    with at_terminal(columns=40) as screen, Progress(letter * 300):
        screen.read_until(letter)
        assert screen.screen() == [letter * letters]


def test_a_hostile_name_cannot_steer_the_terminal() -> None:
    with at_terminal() as screen, Progress("\x1b[2J\x07app"):
        screen.read_until("\\x1b[2J\\x07app")


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("TERM", None), ("CI", "true")])
def test_not_where_nobody_looks(monkeypatch: pytest.MonkeyPatch, name: str, value: str | None) -> None:
    with at_terminal() as screen:
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
        with Progress("app") as progress:
            screen.read(0.7)
            with progress.hidden():
                pass
        assert screen.seen == ""


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_never_into_a_pipe(stream: str) -> None:
    reader, writer = os.pipe()
    with open(reader) as read, open(writer, "w") as written:  # noqa: PTH123
        with at_terminal(others={stream: written}) as screen, Progress("app"):
            screen.read(0.7)
        written.close()
        assert (screen.seen, read.read()) == ("", "")


def test_not_without_standard_error() -> None:
    with at_terminal(others={"stderr": None}) as screen, Progress("app"):
        screen.read(0.7)
    assert screen.seen == ""


def test_a_terminal_that_goes_away_is_no_fault() -> None:
    with at_terminal() as screen, Progress("app"):
        screen.read_until("app")
        os.close(screen.person)
        screen.person = os.open(os.devnull, os.O_RDONLY)


def slow_git(folder: Path, pause: str) -> dict[str, str]:
    """The environment of a command whose git does something else before it merges."""
    program = folder / "git"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *merge-tree*) {pause};; esac\nexec {shutil.which("git")} "$@"\n'
    )
    program.chmod(0o755)
    return {
        **os.environ,
        **ENVIRONMENT,
        **WATCHED,
        "PATH": f"{folder}:{os.environ['PATH']}",
    }


def command(repository: Path) -> list[str]:
    config = repository.parent / "alignwatch.yaml"
    config.write_text(f"repositories: [{{path: {repository}}}]\n")
    return [sys.executable, "-m", "alignwatch", "branches", "--forecast", f"--config={config}"]


def test_a_command_at_a_terminal(repository: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn"
    environment = slow_git(tmp_path, f"until [ -e {drawn} ]; do sleep 0.1; done")

    def look() -> None:
        if "\r\x1b[Kapp: 0 of 1 merges tried, " in shown.seen:
            drawn.touch()

    with terminal() as shown:
        assert run_on(shown, command(repository), environment, meanwhile=look) == 0
        assert drawn.exists()
        lines = shown.screen()
    assert lines[0].startswith("BRANCH")
    assert not any("merges tried" in line for line in lines)


def test_a_command_in_a_pipeline(repository: Path, tmp_path: Path) -> None:
    environment = slow_git(tmp_path, "sleep 1.5")
    with terminal() as shown, subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        assert cat.stdin is not None
        assert run_on(shown, command(repository), environment, cat.stdin.fileno()) == 0
        cat.stdin.close()
        assert cat.stdout is not None
        assert b"feature/far" in cat.stdout.read()
        assert shown.seen == ""
