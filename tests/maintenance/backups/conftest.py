import shutil
from pathlib import Path

import pytest

from alignwatch.maintenance.backups.manifest import read_manifest
from alignwatch.maintenance.backups.store import backup_name, folder_of
from support.backups import Backups
from support.repositories import Commit, import_history, linear, new_repository


@pytest.fixture
def backups(tmp_path: Path, repository: Path) -> Backups:
    """Those of a small repository; there is none yet."""
    return Backups(tmp_path, repository)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a repository and a backup of each kind, made but once."""
    folder = tmp_path_factory.mktemp("made-once")
    repository = new_repository(folder / "app")
    commits = [*linear("m", 3), Commit("o0")]
    import_history(repository, commits, {"main": "m2", "merged": "m1", "orphan": "o0"})
    backups = Backups(folder, repository)
    for kind in ("bundle", "mirror"):
        backups.made(kind=kind).rename(folder / kind)
    return folder


@pytest.fixture
def bundle(made_once: Path, tmp_path: Path) -> Backups:
    """Those of a repository that has one, a bundle."""
    return _given(made_once, tmp_path, "bundle")


@pytest.fixture
def mirror(made_once: Path, tmp_path: Path) -> Backups:
    """Those of a repository that has one, a mirror."""
    return _given(made_once, tmp_path, "mirror")


def _given(made_once: Path, folder: Path, kind: str) -> Backups:
    shutil.copytree(made_once / "app", folder / "app")
    backups = Backups(folder, folder / "app")
    name = backup_name(read_manifest(made_once / kind).made)
    shutil.copytree(made_once / kind, backups.root / folder_of("app") / name)
    return backups
