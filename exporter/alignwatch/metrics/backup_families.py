"""The newest backup of each repository, and whether it could be restored. What is unknown has no sample."""

from prometheus_client.core import Metric as Family

from alignwatch.journal.backups import BackupState
from alignwatch.journal.reading import JournalReading
from alignwatch.maintenance.schedule import scheduled_tasks
from alignwatch.metrics import catalogue
from alignwatch.metrics.samples import Samples
from alignwatch.settings import Settings

_BACKUP = "backup"


def backup_families(settings: Settings, reading: JournalReading | None) -> list[Family]:
    """What the journal knows of backups; nothing where none are made.

    Args:
        settings: the configuration.
        reading: None when the journal cannot be read.
    """
    maintenance, samples = settings.maintenance, Samples()
    if not maintenance.enabled or maintenance.backup.folder is None:
        return []
    samples.add(catalogue.BACKUP_AGE_LIMIT, maintenance.backup_verification.age_seconds)
    tasks = [one for one in scheduled_tasks(settings) if one.task == _BACKUP]
    wanted = {label for one in tasks for label in one.repositories}
    # Where it has no schedule, somebody may run it by hand, and may have stopped.
    labels = wanted or {repository.label for repository in settings.repositories}
    for one in reading.backups if reading is not None else ():
        if one.repository in labels:
            _one(samples, one)
    return samples.families()


def _one(samples: Samples, one: BackupState) -> None:
    for metric, value in (
        (catalogue.BACKUP_TIMESTAMP, one.made),
        (catalogue.BACKUP_SIZE, one.bytes),
        (catalogue.BACKUP_RESTORABLE, one.restorable),
        (catalogue.BACKUP_VERIFICATION_TIMESTAMP, one.verified),
        (catalogue.BACKUP_RESTORED_TIMESTAMP, one.restored),
        (catalogue.BACKUP_RESTORE_DURATION, one.restore_seconds),
        (catalogue.BACKUP_MISSING_REFS, one.missing_refs),
        (catalogue.BACKUP_MISSING_COMMITS, one.missing_commits),
    ):
        samples.add(metric, value, one.repository)
