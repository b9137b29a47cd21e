"""The journal's file under many processes, kill -9, corruption, a full disk and versions."""

import fcntl
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

import pytest

from alignwatch.errors import AlignwatchError
from alignwatch.journal import database, schema
from alignwatch.journal.reading import OperationTotal, ResourceTotal, WindowExtremes
from alignwatch.journal.store import Journal
from support.journals import NOW, change, damage, operation, query
from support.waiting import wait_until

WRITER = """
import os, sys
from pathlib import Path
from alignwatch.errors import AlignwatchError
from alignwatch.journal import database
from alignwatch.journal.store import Journal
from support.journals import operation

database.PATIENCE_SECONDS = 120  # On a slow disk so many writers keep each other waiting.
journal, name, count = Journal(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
for number in range(count):
    try:
        journal.record(operation(f"{name}-{number}"))
    except AlignwatchError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    os.write(1, f"{name}-{number}\\n".encode())
"""
"""Records operations and says of each, once it is recorded, that it is."""


FULL_DISK = """
import subprocess, sys
from pathlib import Path
from alignwatch.errors import AlignwatchError
from alignwatch.journal.store import Journal
from support.journals import NOW, operation

folder, acknowledged = Path(sys.argv[1]), 0
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=640k", "none", folder], check=True)
filler = folder / "filler"
filler.write_bytes(bytes(32768))
journal = Journal(folder / "journal")
try:
    while True:
        journal.record(operation(str(acknowledged)))
        acknowledged += 1
except AlignwatchError as error:
    print(error)
filler.unlink()
journal.record(operation("after"))
reading = journal.read(300, NOW)
print(acknowledged, reading.operations, reading.totals[0].number)
"""


def start(
    script: str, *arguments: object, wrapper: Sequence[str] = (), stdout: int | IO[bytes] = subprocess.PIPE
) -> subprocess.Popen[str]:
    # What is killed, or has no room to write, cannot tell which lines it ran.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.Popen(
        [*wrapper, sys.executable, "-c", script, *map(str, arguments)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": os.fspath(Path(__file__).parents[1])},
    )


def recorded(path: Path) -> tuple[set[str], int]:
    """The ids of all rows, and how many the totals count."""
    return set(query(path, "SELECT operation_id FROM operations")), query(
        path, "SELECT total(count) FROM totals"
    )[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite3"


@pytest.fixture
def told() -> list[str]:
    return []


def journal_at(path: Path, told: list[str]) -> Journal:
    return Journal(path, told.append)


def aside(path: Path) -> list[Path]:
    return sorted(file for file in path.parent.iterdir() if re.search(r"corrupt-[0-9TZ.]+$", file.name))


def test_many_processes_at_once_lose_nothing(path: Path) -> None:
    processes = [start(WRITER, path, number, 200) for number in range(8)]
    for process in processes:
        _, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")
    ids, counted = recorded(path)
    assert len(ids) == counted == 8 * 200


def record_and_kill(path: Path, acknowledged: Path, seconds: float) -> None:
    """Kills two writers so long after the first record."""
    with acknowledged.open("wb") as output:
        processes = [start(WRITER, path, f"{acknowledged.name}-{n}", 10_000, stdout=output) for n in range(2)]
    wait_until(lambda: acknowledged.stat().st_size > 0, "a record")
    time.sleep(seconds)
    for process in processes:
        process.kill()
        process.communicate()


def test_kill_9_loses_no_acknowledged_record_and_leaves_no_half_one(path: Path, tmp_path: Path) -> None:
    chance = random.Random(1)
    rounds = [tmp_path / f"round{number}" for number in range(5)]
    for acknowledged in rounds:
        record_and_kill(path, acknowledged, chance.uniform(0.01, 0.1))
    ids, counted = recorded(path)
    assert {line for acknowledged in rounds for line in acknowledged.read_text().split()} <= ids
    assert len(ids) == counted
    assert query(path, "PRAGMA integrity_check") == ["ok"]


def test_a_corrupt_file_is_put_aside_whole_and_recording_goes_on(path: Path, told: list[str]) -> None:
    with journal_at(path, told) as journal:
        journal.record(operation("lost"))
        journal.close()
        damage(path)
        spoilt = path.read_bytes()
        journal.record(operation("new"))
        assert recorded(path) == ({"new"}, 1)
    (kept,) = aside(path)
    assert kept.read_bytes() == spoilt
    (message,) = told
    assert message.startswith(f"{path} is corrupt (")
    assert kept.name in message


def test_what_is_no_database_is_put_aside_too(path: Path, told: list[str]) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all\n" * 100)
    assert journal_at(path, told).read(300, NOW).operations == 0
    assert aside(path)[0].read_bytes().startswith(b"no database")


def test_the_log_goes_with_its_file(path: Path, told: list[str]) -> None:
    journal = journal_at(path, told)
    journal.record(operation("a"))
    with closing(sqlite3.connect(path)) as other:
        other.execute("SELECT * FROM totals").fetchall()
        damage(path)
        journal.record(operation("b"))
    for suffix in ("-wal", "-shm"):
        assert Path(f"{aside(path)[0]}{suffix}").exists()
    assert recorded(path) == ({"b"}, 1)


def test_who_has_the_old_file_open_goes_on_with_the_new_one(path: Path, told: list[str]) -> None:
    first, second = journal_at(path, told), journal_at(path, told)
    first.record(operation("old"))
    seen = first.version()
    damage(path)
    second.record(operation("new"))
    assert first.version() != seen
    first.record(operation("newer"))
    assert second.read(300, NOW).operations == 2
    assert len(told) == 1


def test_closing_the_old_file_spoils_nothing_of_the_new_one(path: Path, told: list[str]) -> None:
    holder, other = journal_at(path, told), journal_at(path, told)
    holder.record(operation("old"))
    damage(path)
    other.record(operation("new"))
    holder.close()
    other.record(operation("newer"))
    assert journal_at(path, told).read(300, NOW).operations == 2


def test_many_processes_that_find_it_corrupt_put_it_aside_once(path: Path, told: list[str]) -> None:
    with journal_at(path, told) as journal:
        for number in range(50):
            journal.record(operation(f"old-{number}"))
    damage(path)
    processes = [start(WRITER, path, number, 20) for number in range(5)]
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 5
    assert "".join(errors).count("is corrupt") == 1
    assert len(aside(path)) == 1
    ids, counted = recorded(path)
    assert len(ids) == counted == 100


def test_a_file_that_was_deleted_begins_anew(path: Path, told: list[str]) -> None:
    journal = journal_at(path, told)
    journal.record(operation("a"))
    seen = journal.version()
    for file in path.parent.iterdir():
        file.unlink()
    assert journal.version() != seen
    assert journal.read(300, NOW).operations == 0


def test_a_full_disk_is_said_and_recording_goes_on_when_there_is_room(tmp_path: Path) -> None:
    own_mounts = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*own_mounts, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody mount a small file system")
    output, errors = start(FULL_DISK, tmp_path, wrapper=own_mounts).communicate()
    assert errors == ""
    message, counts = output.splitlines()
    assert message == f"{tmp_path}/journal: no room for the journal; free some space on its file system"
    acknowledged, rows, counted = map(int, counts.split())
    assert acknowledged > 0
    assert rows == counted == acknowledged + 1


def test_a_write_that_fails_leaves_nothing_behind(path: Path, told: list[str]) -> None:
    journal = journal_at(path, told)
    journal.record(operation("before"))
    _, hard = limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(AlignwatchError, match=r"journal cannot be used \(disk I/O error\)"):
            for number in range(100):
                journal.record(operation(f"o{number}"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    ids, counted = recorded(path)
    assert "before" in ids
    assert len(ids) == counted
    journal.record(operation("after"))
    assert told == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    journal = journal_at(tmp_path / "state" / "journal.sqlite3", told)
    with pytest.raises(AlignwatchError, match=r"state/journal.sqlite3: the journal cannot be used"):
        journal.record(operation())
    (tmp_path / "state").unlink()
    journal.record(operation())


def test_a_journal_that_others_keep_locked_is_an_error(
    path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.05)
    journal = journal_at(path, told)
    journal.record(operation("a"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(AlignwatchError, match=r"kept the journal locked for 0.05 s"):
            journal.record(operation("b"))
        assert journal.read(300, NOW).operations == 1
    with Path(f"{path}.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(AlignwatchError, match=r"kept the journal locked for 0.05 s"):
            journal.read(300, NOW)
    journal.record(operation("b"))


def test_a_newer_journal_is_refused_and_left_alone(path: Path, told: list[str]) -> None:
    with journal_at(path, told) as journal:
        journal.record(operation())
    change(path, f"PRAGMA user_version = {schema.VERSION + 1}")
    before = path.read_bytes()
    refusal = rf"{path}: .* version {schema.VERSION + 1} .* knows {schema.VERSION} at most; use the newer"
    for use in (lambda: journal.record(operation("b")), journal.version):
        with pytest.raises(AlignwatchError, match=refusal):
            use()
    assert path.read_bytes() == before
    assert told == []


def test_an_older_journal_is_brought_up_to_date_with_all_that_it_holds(
    path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with journal_at(path, told) as journal:
        journal.record(operation())
        monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("CREATE TABLE later (a)",)))
        monkeypatch.setattr(schema, "VERSION", len(schema.MIGRATIONS))
        journal.close()
        assert journal.read(300, NOW).operations == 1
    assert query(path, "PRAGMA user_version") == [schema.VERSION]
    assert query(path, "SELECT * FROM later") == []


def test_version_1_is_brought_up_to_date_with_every_total(path: Path, told: list[str]) -> None:
    path.parent.mkdir()
    key = "'app', 'rebase', 'main', 'success'"
    for statement in (
        *schema.MIGRATIONS[0],
        "INSERT INTO operations VALUES"
        f" ('app', 'old', 'rebase', 'x', 'main', 'success', {NOW - 2}, {NOW}, 2, 0, 0.5, 1000, 8, 'track')",
        f"INSERT INTO totals VALUES ({key}, 41, 82, {NOW})",
        f"INSERT INTO buckets VALUES ({key}, 2.5, 41)",
        "INSERT INTO resource_totals VALUES ('app', 'rebase', 20.5, 82, 328)",
        "INSERT INTO repositories VALUES (x'2f61', 'app', x'2f61', 'main')",
        "PRAGMA user_version = 1",
    ):
        change(path, statement)
    with journal_at(path, told) as journal:
        old = journal.read(300, NOW)
        assert old.totals == (OperationTotal("app", "rebase", "main", "success", 41, 82, NOW, {2.5: 41}),)
        assert old.resources == (ResourceTotal("app", "rebase", 20.5, 82, 328),)
        assert old.window == (WindowExtremes("app", "rebase", 2, 2, 1000, 1),)
        assert (old.operations, old.waiting, old.phases, old.unverified, old.running) == (1, (), (), (), ())
        assert journal.repository_named("app") is not None
        # What was recorded without evidence is nothing that git could still confirm.
        assert journal.claims(10) == ()
        assert [journal.record(operation("old")), journal.record(operation("new"))] == [False, True]
        assert journal.read(300, NOW).totals[0].number == 42
        assert [claim.operation_id for claim in journal.claims(10)] == ["new"]
    assert query(path, "PRAGMA user_version") == [schema.VERSION]
    assert told == []


def test_a_migration_that_fails_changes_nothing(
    path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with journal_at(path, told) as journal:
        journal.record(operation())
    with monkeypatch.context() as newer:
        newer.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("CREATE TABLE later (a)", "NONSENSE")))
        newer.setattr(schema, "VERSION", len(schema.MIGRATIONS))
        with pytest.raises(AlignwatchError, match="NONSENSE"):
            journal.read(300, NOW)
    assert "later" not in query(path, "SELECT name FROM sqlite_master")
    assert journal.read(300, NOW).operations == 1


def test_an_error_of_the_work_itself_writes_nothing(path: Path) -> None:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO repositories VALUES (x'61', 'a', x'61', 'main')")
        raise ZeroDivisionError

    opened = database.Database(path, print)
    with pytest.raises(ZeroDivisionError):
        opened.write(work)
    opened.close()
    assert query(path, "SELECT * FROM repositories") == []


def test_a_warning_never_fails(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    database.warn("as it should be")
    assert capfd.readouterr().err == "alignwatch: as it should be\n"
    monkeypatch.setattr(sys, "stderr", None)
    database.warn("closed")
    survived = False
    with suppress(OSError), Path("/dev/full").open("w", buffering=1) as full:
        monkeypatch.setattr(sys, "stderr", full)
        database.warn("cannot be written")
        monkeypatch.undo()
        survived = True
    assert survived
