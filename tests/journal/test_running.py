import os
import subprocess
import sys
from pathlib import Path

import pytest

from alignwatch.journal.running import Owner, Running, is_alive, process
from alignwatch.journal.store import Journal
from support.journals import NOW, operation

RUNNING = Running("o", "app", "rebase", "feature/x", "main", NOW, "track", None)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite3")


def running(journal: Journal) -> tuple[Running, ...]:
    return journal.read(300, NOW).running


def us() -> Owner:
    found = process(os.getpid())
    assert found is not None
    return found


def test_what_has_begun_runs_until_it_is_recorded(journal: Journal) -> None:
    other = RUNNING._replace(operation_id="p", owner=us())
    journal.begin(RUNNING)
    journal.begin(other)
    assert running(journal) == (RUNNING, other)
    assert journal.read(300, NOW).totals == ()
    journal.record(operation("o"))
    assert running(journal) == (other,)


def test_what_is_recorded_does_not_begin_again(journal: Journal) -> None:
    journal.record(operation("o"))
    journal.begin(RUNNING)
    assert running(journal) == ()


def test_beginning_again_changes_what_is_known(journal: Journal) -> None:
    journal.begin(RUNNING)
    journal.begin(RUNNING._replace(branch="feature/y", owner=us()))
    assert running(journal) == (RUNNING._replace(branch="feature/y", owner=us()),)


def test_what_will_never_be_recorded_is_withdrawn(journal: Journal) -> None:
    journal.begin(RUNNING)
    journal.withdraw("app", "another")
    journal.withdraw("another", "o")
    assert running(journal) == (RUNNING,)
    journal.withdraw("app", "o")
    assert running(journal) == ()


def test_an_owner_lives_until_its_process_ends() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = process(child.pid)
    assert owner is not None
    assert is_alive(owner)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(owner), "nobody has fetched its status, yet it has ended"
    child.communicate()
    assert not is_alive(owner)


def test_another_process_with_the_same_number_is_another_owner() -> None:
    assert not is_alive(us()._replace(boot_id="another"))
    assert not is_alive(us()._replace(process_started=1))


def test_a_program_may_have_any_name(tmp_path: Path) -> None:
    program = tmp_path / "a) S (b"
    program.symlink_to("/bin/cat")
    child = subprocess.Popen([program], stdin=subprocess.PIPE)
    owner = process(child.pid)
    assert owner is not None
    assert owner.process_started >= us().process_started
    child.communicate()


def test_the_operations_of_dead_owners_are_forgotten(journal: Journal) -> None:
    journal.begin(RUNNING._replace(operation_id="dead", owner=us()._replace(process_started=1)))
    journal.begin(RUNNING._replace(operation_id="alive", owner=us()))
    journal.begin(RUNNING._replace(operation_id="nobody's"))
    journal.forget_dead()
    assert [one.operation_id for one in running(journal)] == ["alive", "nobody's"]
    before = journal.version()
    journal.forget_dead()
    assert journal.version() == before
