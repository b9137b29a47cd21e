from pathlib import Path

from alignwatch.journal.backups import BackupJournal, BackupState
from alignwatch.journal.store import Journal
from support.journals import NOW


def states(path: Path) -> dict[str, BackupState]:
    with Journal(path) as journal:
        return {one.repository: one for one in journal.read(300, NOW).backups}


def test_each_repository_has_one_state_and_what_never_was_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    assert states(path) == {}
    with BackupJournal(path) as journal:
        journal.note_made("app", NOW, 500)
        journal.note_failed("lib", NOW + 1)
    assert states(path) == {
        "app": BackupState("app", NOW, 500, None, None, None, None, None, None),
        "lib": BackupState("lib", None, None, NOW + 1, 0, None, None, None, None),
    }


def test_a_trial_that_fails_does_not_hide_when_one_succeeded(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with BackupJournal(path) as journal:
        journal.note_made("app", NOW, 500)
        journal.note_restored("app", NOW + 1, 2.5, 3, 4)
        journal.note_made("app", NOW + 2, 600)
        journal.note_failed("app", NOW + 3)
    assert states(path)["app"] == BackupState("app", NOW + 2, 600, NOW + 3, 0, NOW + 1, 2.5, 3, 4)
    with BackupJournal(path) as journal:
        journal.note_restored("app", NOW + 4, 3.5, None, None)
    assert states(path)["app"] == BackupState("app", NOW + 2, 600, NOW + 4, 1, NOW + 4, 3.5, None, None)
