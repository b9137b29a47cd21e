"""Backups that are made and verified directly rather than in a process of their own."""

from pathlib import Path
from typing import Any

import msgspec

from alignwatch.maintenance.backups.manifest import MANIFEST, Manifest, read_manifest, write_manifest
from alignwatch.maintenance.task import Result
from alignwatch.maintenance.tasks import load
from alignwatch.settings import Backup, BackupVerification, Maintenance, Repository, Settings
from support.clearing import context


class Backups:
    """The backups of one repository, below a folder of the test's own."""

    def __init__(self, folder: Path, repository: Path, label: str = "app") -> None:
        self.root = folder / "backups"
        self.root.mkdir(exist_ok=True)
        self.state = folder / "state"
        self.repository = Repository(path=str(repository), name=label)

    def settings(self, *, age_seconds: float = 3600, **changes: Any) -> Settings:
        """With one repository; the changes are those of ``maintenance.backup``."""
        return Settings(
            state_dir=str(self.state),
            repositories=(self.repository,),
            maintenance=Maintenance(
                backup=Backup(**{"folder": str(self.root), **changes}),
                backup_verification=BackupVerification(age_seconds=age_seconds),
            ),
        )

    def make(self, *, dry_run: bool = False, **changes: Any) -> Result:
        """Runs the task ``backup``."""
        return self._run("backup", dry_run, changes)

    def verify(self, *, dry_run: bool = False, **changes: Any) -> Result:
        """Runs the task ``backup_verification``."""
        return self._run("backup_verification", dry_run, changes)

    def _run(self, task: str, dry_run: bool, changes: dict[str, Any]) -> Result:
        settings = self.settings(**changes)
        return load(task).run(context(settings, repository=self.repository, dry_run=dry_run))

    def made(self, **changes: Any) -> Path:
        """Makes one, and returns its folder."""
        self.make(**changes)
        return self.all()[-1]

    def all(self) -> list[Path]:
        """The folders of those that are whole, the oldest first."""
        return sorted(self.root.glob("*/[0-9]*Z"))

    def leftovers(self) -> list[str]:
        """What lies around there besides, and in the scratch space."""
        hidden = [path.name for path in self.root.glob("*/.*") if path.name != ".lock"]
        return sorted((*hidden, *(path.name for path in self.state.glob("maintenance/restore-*"))))


def rewrite(backup: Path, **changes: Any) -> Manifest:
    """Alters a manifest as somebody would who knows how it is checked."""
    altered = msgspec.structs.replace(read_manifest(backup), **changes)
    write_manifest(backup, altered)
    return altered


def edit(backup: Path, old: str, new: str) -> None:
    """Alters a manifest's text."""
    file = backup / MANIFEST
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
