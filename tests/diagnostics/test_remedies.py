"""What a remedy says to type does no harm, and mends what it is for."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from alignwatch.diagnostics.status import Status
from support.doctor import Servers, World, template, world


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with (
        ExitStack() as ends,
        world(
            tmp_path / "world", template(tmp_path), monkeypatch, Servers(tmp_path / "servers", ends)
        ) as made,
    ):
        yield made


def test_nobody_is_told_to_take_over_what_is_above_the_state_folder(
    one: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.set("state_dir", "/var/lib/none/alignwatch")
    monkeypatch.setattr(os, "access", lambda *_: False)
    ((command, *more),) = (found.commands for found in one.look("journal-writable").findings)
    assert (command[0], command[-1], more) == ("install", "/var/lib/none/alignwatch", [])


def test_a_file_in_place_of_the_state_folder_is_not_given_away(one: World) -> None:
    one.set("state_dir", str(one.write("f")))
    (found,) = one.look("journal-writable").findings
    assert (found.remedy, found.commands[0][0]) == ("name a folder in state_dir", "ls")


def test_an_address_is_never_replaced_by_what_is_left_of_it(one: World) -> None:
    one.git("remote", "add", "origin", "https://host.example/app.git?private_token=hunter")
    (found,) = one.look("remote-credentials").findings
    assert (found.status, found.commands) == (Status.WARNING, ())


def test_a_corrupt_journal_is_moved_and_not_lost(one: World) -> None:
    one.recorded()
    aside = one.write(f"{one.journal}.corrupt-20260112T020000.000000Z", "all that is left")
    (found,) = (each for each in one.look("journal-integrity").findings if each.status is Status.WARNING)
    for command in found.commands:
        subprocess.run(command, check=True)
    assert one.look("journal-integrity").status is Status.OK
    assert (Path(one.environment["HOME"]) / aside.name).read_text() == "all that is left"
