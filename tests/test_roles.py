import pytest

from alignwatch.roles import Role, role_of
from alignwatch.settings import Repository

SETTINGS = Repository(
    path="/srv/app",
    primaries=("main", "release/1"),
    ignore=("tmp/*", "scratch-backup-*"),
    backups=(*Repository(path="/srv/app").backups, "keep/*", "heads/main"),
)


@pytest.mark.parametrize(
    ("ref", "role"),
    [
        (b"refs/heads/main", Role.PRIMARY),
        (b"refs/heads/release/1", Role.PRIMARY),
        (b"refs/tags/main", Role.OTHER),
        (b"refs/remotes/origin/main", Role.REMOTE),
        (b"refs/remotes/origin/topic-backup-20260112", Role.REMOTE),
        (b"refs/heads/topic", Role.WORK),
        (b"refs/heads/refs/heads/main", Role.WORK),
        (b"refs/heads/caf\xe9", Role.WORK),
        (b"refs/heads/tmp/x", Role.OTHER),
        (b"refs/heads/scratch-backup-20260112", Role.BACKUP),
        (b"refs/keep/anything/at/all", Role.BACKUP),
        (b"refs/stash", Role.OTHER),
        (b"refs/notes/commits", Role.OTHER),
        (b"refs/tags/v1.0", Role.OTHER),
    ],
)
def test_each_ref_has_one_role(ref: bytes, role: Role) -> None:
    assert role_of(ref, SETTINGS) is role


@pytest.mark.parametrize(
    "ref",
    [
        b"refs/heads/feature/x-backup-20260112-101500",
        b"refs/heads/backup-feature/x-20260112",
        b"refs/heads/backup/feature/x",
        b"refs/heads/backup/feature/x-20260112",
        b"refs/tags/archive/feature/x/1768212900",
        b"refs/tags/feature/x_backup_20260112",
    ],
)
def test_usual_names_of_backups(ref: bytes) -> None:
    assert role_of(ref, Repository(path="/srv/app")) is Role.BACKUP


@pytest.mark.parametrize(
    "ref",
    [
        b"refs/heads/fix-backup-script",
        b"refs/heads/backup-rotation",
        b"refs/heads/backups",
        b"refs/heads/archive/x/1768212900",
        b"refs/tags/the_backup_plan",
        b"refs/tags/archive/x/old",
    ],
)
def test_names_that_only_speak_of_backups(ref: bytes) -> None:
    assert role_of(ref, Repository(path="/srv/app")) is not Role.BACKUP
