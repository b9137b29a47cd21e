"""What others change while the doctor looks is no fault of the machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from alignwatch.diagnostics.bundle import journal_rows
from alignwatch.diagnostics.status import Status
from alignwatch.git.command import Git
from alignwatch.state_dir import trace_folder
from alignwatch.tracking.trace.installation import Installation, Scope
from support.doctor import Servers, World, template, world


@pytest.fixture
def healthy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with ExitStack() as ends:
        servers = Servers(tmp_path / "servers", ends)
        with world(tmp_path / "world", template(tmp_path), monkeypatch, servers) as one:
            yield one


def test_the_journal_s_log_goes_with_the_last_who_has_it_open(healthy: World) -> None:
    access, log = os.access, healthy.write(f"{healthy.journal}-wal")

    def after_its_end(path: Path, mode: int) -> bool:
        if path == log:
            log.unlink()
        return access(path, mode)

    healthy.patch("diagnostics.checks.journal.journal_writable.os.access", after_its_end)
    assert healthy.look("journal-writable").status is Status.OK
    assert not log.exists()


def test_a_file_that_goes_while_the_bundle_is_made(healthy: World) -> None:
    healthy.recorded()
    gone = Path(f"{healthy.journal}-gone")
    gone.symlink_to("nowhere")
    sizes = next(journal_rows.collect(healthy.context())).content["bytes"]
    assert healthy.journal.name in sizes
    assert gone.name not in sizes


def test_git_removes_a_folder_of_objects(healthy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    is_dir, folder = Path.is_dir, healthy.dot_git / "objects" / "0f"
    folder.mkdir(exist_ok=True)

    def before_its_end(path: Path) -> bool:
        there = is_dir(path)
        if path == folder:
            shutil.rmtree(folder)
        return there

    monkeypatch.setattr(Path, "is_dir", before_its_end)
    assert healthy.look("safe-directory").status is Status.OK
    assert not folder.exists()


def test_another_note_within_the_same_tick_of_the_clock(healthy: World) -> None:
    folder, first = trace_folder(healthy.state), healthy.folder / "first"
    Installation(Git(environment=healthy.environment), folder).install(Scope.GLOBAL)
    os.utime(folder, (1, 1))
    after = f"[ -e {first} ] || touch -d @1 {folder} && touch {first}"
    healthy.program("git", f'{shutil.which("git")} "$@"; case "$*" in *version) {after};; esac')
    assert healthy.look("trace-target").status is Status.OK
    assert first.exists()
