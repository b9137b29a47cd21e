from alignwatch.journal.backups import BackupState
from alignwatch.journal.reading import JournalReading
from alignwatch.metrics.backup_families import backup_families
from alignwatch.settings import Backup, Maintenance, MaintenanceTask, Repository, Settings
from support.journals import NOW

APP = BackupState("app", NOW, 500, NOW + 9, 1, NOW + 9, 2.5, 3, 4)


def series(
    *states: BackupState, folder: str | None = "/srv/backup", known: bool = True
) -> dict[object, float]:
    settings = Settings(
        repositories=(Repository(path="/srv/app", name="app"),),
        maintenance=Maintenance(backup=Backup(folder=folder)),
    )
    reading = JournalReading((), (), (), 0, backups=states) if known else None
    return {
        (sample.name.removeprefix("alignment_backup_"), *sample.labels.values()): sample.value
        for family in backup_families(settings, reading)
        for sample in family.samples
    }


def test_what_is_known_is_shown() -> None:
    assert series(APP) == {
        ("age_limit_seconds",): 172800,
        ("timestamp_seconds", "app"): NOW,
        ("size_bytes", "app"): 500,
        ("restorable", "app"): 1,
        ("verification_timestamp_seconds", "app"): NOW + 9,
        ("last_restored_timestamp_seconds", "app"): NOW + 9,
        ("restore_duration_seconds", "app"): 2.5,
        ("missing_refs", "app"): 3,
        ("missing_commits", "app"): 4,
    }


def test_what_never_was_is_absent() -> None:
    never = BackupState("app", NOW, 500, None, None, None, None, None, None)
    assert set(series(never)) == {("age_limit_seconds",), ("timestamp_seconds", "app"), ("size_bytes", "app")}
    assert set(series(APP, known=False)) == {("age_limit_seconds",)}


def test_where_no_backups_are_made_there_is_nothing() -> None:
    assert series(APP, folder=None) == {}


def test_repositories_that_are_not_watched_any_more_are_left_out() -> None:
    assert set(series(APP._replace(repository="gone"))) == {("age_limit_seconds",)}


def test_repositories_that_nobody_wants_backed_up_are_left_out() -> None:
    settings = Settings(
        repositories=tuple(Repository(path=f"/srv/{name}", name=name) for name in ("app", "lib")),
        maintenance=Maintenance(
            backup=Backup(folder="/srv/backup"),
            tasks=(MaintenanceTask(task="backup", repositories=("lib",)),),
        ),
    )
    states = (APP, APP._replace(repository="lib"))
    families = backup_families(settings, JournalReading((), (), (), 0, backups=states))
    labels = {sample.labels.get("repository") for family in families for sample in family.samples}
    assert labels == {"lib", None}
