"""Backups that are damaged for real, in every way we could think of; and good ones."""

import ctypes
import math
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from alignwatch.errors import AlignwatchError
from alignwatch.git.command import GitError
from alignwatch.journal.backups import BackupState
from alignwatch.journal.store import Journal
from alignwatch.maintenance.backups import objects, verification
from alignwatch.maintenance.backups.contents import seal
from alignwatch.maintenance.backups.manifest import (
    BUNDLE,
    CHECKSUM,
    MANIFEST,
    MIRROR,
    DamagedError,
    Head,
    read_manifest,
)
from alignwatch.maintenance.backups.objects import check_objects
from alignwatch.maintenance.backups.verdict import VERDICT, Verdict, read_verdict, write_verdict
from alignwatch.maintenance.run_lock import RunLocks
from alignwatch.maintenance.task import TaskError
from alignwatch.state_dir import journal_path, name_in_cache
from support.backups import Backups, edit, rewrite
from support.fake_git import fake_git
from support.journals import NOW
from support.repositories import ENVIRONMENT, git, new_repository
from support.upkeep import run_due

MAKE_ONE = "make one: alignwatch maintenance run backup --repository=app"


def overwrite(file: Path, at: int, data: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(data)


def flip(file: Path) -> None:
    """Changes some bytes in the middle: of a pack, a compressed object."""
    data = file.read_bytes()
    middle = len(data) // 2
    overwrite(file, middle, bytes(byte ^ 0xFF for byte in data[middle : middle + 4]))


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 30)


def pack_of(backup: Path) -> Path:
    (pack,) = (backup / MIRROR / "objects" / "pack").glob("*.pack")
    return pack


def hashed_anew(backup: Path) -> None:
    """Has the manifest agree with what the files hold now."""
    for name in (MANIFEST, CHECKSUM):
        (backup / name).rename(backup.parent / name)
    files = seal(backup)
    for name in (MANIFEST, CHECKSUM):
        (backup.parent / name).rename(backup / name)
    rewrite(backup, files=files)


def refs_with(backup: Path, **changes: str) -> dict[str, str]:
    return {**read_manifest(backup).refs, **{f"refs/heads/{name}": oid for name, oid in changes.items()}}


def with_another_ref(backup: Path) -> None:
    refs = read_manifest(backup).refs
    rewrite(backup, refs=refs_with(backup, orphan=refs["refs/heads/main"]))


def with_a_ref_less(backup: Path) -> None:
    refs = dict(read_manifest(backup).refs)
    del refs["refs/heads/orphan"]
    rewrite(backup, refs=refs)


def with_refs_more(backup: Path) -> None:
    some = read_manifest(backup).refs["refs/heads/main"]
    rewrite(backup, refs=refs_with(backup, more=some, most=some))


def with_another_head(backup: Path) -> None:
    refs = read_manifest(backup).refs
    rewrite(backup, head=Head(ref="refs/heads/orphan", object=refs["refs/heads/orphan"]))


def with_head_on_another_branch(backup: Path) -> None:
    rewrite(backup, head=msgspec.structs.replace(read_manifest(backup).head, ref="refs/heads/orphan"))


def of_another_repository(backup: Path) -> None:
    rewrite(backup, repository="lib")


def swapped(backup: Path) -> None:
    """Puts the manifest of a backup of another repository beside this one's bundle."""
    folder = backup.parent.parent.parent / "other"
    repository = new_repository(folder / "lib")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "another")
    other = Backups(folder, repository, label="app").made()
    for name in (MANIFEST, CHECKSUM):
        shutil.copyfile(other / name, backup / name)


def a_corrupt_bundle_that_the_manifest_agrees_with(backup: Path) -> None:
    flip(backup / BUNDLE)
    hashed_anew(backup)


def a_cut_bundle_that_the_manifest_agrees_with(backup: Path) -> None:
    truncate(backup / BUNDLE)
    hashed_anew(backup)


def without_the_bundle(backup: Path) -> None:
    (backup / BUNDLE).unlink()
    hashed_anew(backup)


def with_a_folder(backup: Path) -> None:
    (backup / BUNDLE).unlink()
    (backup / BUNDLE).mkdir()


def with_a_link(backup: Path) -> None:
    (backup / BUNDLE).rename(backup / "elsewhere")
    (backup / BUNDLE).symlink_to("elsewhere")


def with_a_pipe(backup: Path) -> None:
    (backup / BUNDLE).unlink()
    os.mkfifo(backup / BUNDLE)


BUNDLE_DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "flipped bytes": (lambda at: flip(at / BUNDLE), "repository.bundle was altered: its sha256"),
    "cut off": (lambda at: truncate(at / BUNDLE), r"repository.bundle has \d+ bytes, and had \d+"),
    "empty": (lambda at: os.truncate(at / BUNDLE, 0), r"repository.bundle has 0 bytes, and had \d+"),
    "gone": (lambda at: (at / BUNDLE).unlink(), "repository.bundle is missing"),
    "no manifest": (lambda at: (at / MANIFEST).unlink(), "manifest.json is missing"),
    "no checksum": (lambda at: (at / CHECKSUM).unlink(), "manifest.sha256 is missing"),
    "empty manifest": (lambda at: os.truncate(at / MANIFEST, 0), "manifest.json was altered"),
    "altered manifest": (lambda at: edit(at, '"made": 1', '"made": 2'), "manifest.json was altered"),
    "wrong ref": (with_another_ref, "refs/heads/orphan leads to .*, and led to"),
    "a ref less": (with_a_ref_less, "refs/heads/orphan does not belong to it"),
    "refs more": (with_refs_more, r"refs/heads/more is missing \(and 1 more\)"),
    "another HEAD": (with_another_head, "HEAD leads to .*, and led to"),
    "HEAD on another branch": (with_head_on_another_branch, "HEAD is not on refs/heads/orphan, as it was"),
    "another's": (of_another_repository, "it is one of lib, not of app"),
    "swapped manifest": (swapped, "repository.bundle (has|was)"),
    "corrupt, and hashed so": (a_corrupt_bundle_that_the_manifest_agrees_with, "it cannot be cloned: "),
    "cut, and hashed so": (a_cut_bundle_that_the_manifest_agrees_with, "it cannot be cloned: "),
    "gone, and noted so": (without_the_bundle, "repository.bundle is missing"),
    "a folder": (with_a_folder, "repository.bundle is missing"),
    "a link": (with_a_link, "repository.bundle is no ordinary file"),
    "a pipe": (with_a_pipe, "repository.bundle is no ordinary file"),
    "a newer version": (lambda at: rewrite(at, version=99), "a newer Alignwatch made it"),
    "a manifest of another shape": (lambda at: rewrite(at, files=None), "manifest.json is none: .*files"),
    "config": (lambda at: (at / "config").write_text("x"), "config has 1 bytes"),
}


def without_an_object(backup: Path) -> None:
    """Takes a file's content out of a mirror, and hides that as well as can be."""
    mirror = backup / MIRROR
    blob = git(mirror, "rev-parse", "main:file-m0")
    pack = pack_of(backup)
    scratch = backup.parent / "scratch.pack"
    pack.rename(scratch)
    for file in pack.parent.iterdir():
        file.unlink()
    git(mirror, "unpack-objects", "-q", stdin=scratch.read_bytes())
    scratch.unlink()
    (mirror / "objects" / blob[:2] / blob[2:]).unlink()
    hashed_anew(backup)


def with_bytes_flipped_in_an_object(backup: Path) -> None:
    flip(pack_of(backup))
    hashed_anew(backup)


def with_head_moved(backup: Path) -> None:
    (backup / MIRROR / "HEAD").write_text("ref: refs/heads/orphan\n")
    hashed_anew(backup)


def with_head_detached(backup: Path) -> None:
    (backup / MIRROR / "HEAD").write_text(f"{git(backup / MIRROR, 'rev-parse', 'main')}\n")
    hashed_anew(backup)


def with_a_ref_to_nowhere(backup: Path) -> None:
    packed = backup / MIRROR / "packed-refs"
    oid = git(backup / MIRROR, "rev-parse", "orphan")
    packed.write_text(packed.read_text().replace(oid, "1" * 40))
    hashed_anew(backup)


MIRROR_DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "flipped bytes": (lambda at: flip(pack_of(at)), r"pack-\w+\.pack was altered"),
    "flipped, and hashed so": (with_bytes_flipped_in_an_object, "it cannot be cloned: "),
    "index of the pack gone": (
        lambda at: pack_of(at).with_suffix(".idx").unlink(),
        r"pack-\w+\.idx is missing",
    ),
    "missing object": (without_an_object, "it cannot be cloned: "),
    "HEAD": (lambda at: overwrite(at / MIRROR / "HEAD", 16, b"X"), r"repository\.git/HEAD was altered"),
    "HEAD, and hashed so": (with_head_moved, "HEAD leads to .*, and led to"),
    "HEAD detached, and hashed so": (with_head_detached, "HEAD is on no branch, and was on refs/heads/main"),
    "a ref to nowhere": (with_a_ref_to_nowhere, "it cannot be cloned: |refs/heads/orphan is missing"),
    "a file more": (
        lambda at: (at / MIRROR / "objects" / "info" / "alternates").write_text("/elsewhere\n"),
        r"repository\.git/objects/info/alternates does not belong to it",
    ),
    "all of it": (lambda at: shutil.rmtree(at / MIRROR), r"repository\.git/\S+ is missing"),
}


def judged(backups: Backups, damaged: Path, reason: str) -> None:
    """Verifies, and sees that the damage is found, told with its remedy, and noted everywhere."""
    with pytest.raises(TaskError) as raised:
        backups.verify()
    message = str(raised.value)
    assert message.startswith(f"{damaged}: ")
    assert MAKE_ONE in message
    assert "\n" not in message
    assert raised.match(reason)
    verdict = read_verdict(damaged)
    assert verdict is not None
    assert verdict.fault is not None
    assert verdict.fault in message
    assert state(backups).restorable == 0
    assert backups.leftovers() == []


def state(backups: Backups) -> BackupState:
    with Journal(journal_path(backups.state)) as journal:
        (one,) = journal.read(300, NOW).backups
    return one


class TestDamage:
    @pytest.mark.parametrize("way", BUNDLE_DAMAGE)
    def test_of_a_bundle_is_found(self, bundle: Backups, way: str) -> None:
        damage, reason = BUNDLE_DAMAGE[way]
        (backup,) = bundle.all()
        damage(backup)
        judged(bundle, backup, reason)

    @pytest.mark.parametrize("way", MIRROR_DAMAGE)
    def test_of_a_mirror_is_found(self, mirror: Backups, way: str) -> None:
        damage, reason = MIRROR_DAMAGE[way]
        (backup,) = mirror.all()
        damage(backup)
        judged(mirror, backup, reason)

    @pytest.mark.parametrize("name", [BUNDLE, MANIFEST])
    def test_a_file_that_may_not_be_read_is_found(self, bundle: Backups, name: str) -> None:
        (backup,) = bundle.all()
        (backup / name).chmod(0)
        with as_ordinary_user():
            judged(bundle, backup, f"{name} cannot be read: Permission denied")

    def test_a_folder_that_may_not_be_read_is_found(self, mirror: Backups) -> None:
        (backup,) = mirror.all()
        (backup / MIRROR / "objects").chmod(0)
        with as_ordinary_user():
            judged(mirror, backup, "objects cannot be read: Permission denied")
        (backup / MIRROR / "objects").chmod(0o700)

    def test_one_that_is_too_old_is_found_though_it_is_whole(self, bundle: Backups) -> None:
        (backup,) = bundle.all()
        rewrite(backup, made=read_manifest(backup).made - 5 * 86400)
        with pytest.raises(TaskError, match=f"{backup}: it is 5 d old, and may be 2 d; {MAKE_ONE}"):
            bundle.verify(age_seconds=2 * 86400)
        assert state(bundle).restorable == 1

    def test_there_is_none_at_all(self, backups: Backups) -> None:
        with pytest.raises(TaskError, match=f"there is no backup of app in {backups.root}; {MAKE_ONE}"):
            backups.verify()

    def test_the_last_good_one_is_named(self, bundle: Backups) -> None:
        (first,) = bundle.all()
        bundle.verify()
        flip(bundle.made() / BUNDLE)
        with pytest.raises(TaskError, match=f"; the last one that could be restored is {first.name}$"):
            bundle.verify()

    def test_a_new_one_ends_it(self, bundle: Backups) -> None:
        flip(bundle.all()[0] / BUNDLE)
        with pytest.raises(TaskError, match="no older one is known to be good"):
            bundle.verify()
        bundle.make()
        bundle.verify()
        assert state(bundle).restorable == 1


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Takes root's right to read everything, for a while; the files stay its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    before = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, before) == 0
    without = (ctypes.c_uint32 * 6)(*before)
    # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, of those in effect.
    without[0] &= ~0b110
    assert libc.capset(header, without) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0


class TestGood:
    @pytest.mark.parametrize("kind", ["bundle", "mirror"])
    def test_what_is_found_is_noted(self, backups: Backups, repository: Path, kind: str) -> None:
        backup = backups.made(kind=kind)
        git(repository, "branch", "new", "main")
        git(repository, "checkout", "--quiet", "orphan")
        for number in range(3):
            git(repository, "commit", "--quiet", "--allow-empty", "-m", str(number))
        git(repository, "branch", "--quiet", "-D", "fix-aligned")
        summary = backups.verify().summary
        assert summary[0].startswith(f"{backup}: ")
        assert summary[1] == "the repository has gone on since by refs: 2, commits: 3"
        noted, verdict = state(backups), read_verdict(backup)
        assert verdict is not None
        assert verdict.sound
        assert noted.made == read_manifest(backup).made
        assert noted.bytes == sum(path.stat().st_size for path in backup.rglob("*") if path.is_file()) - sum(
            (backup / name).stat().st_size for name in (MANIFEST, CHECKSUM, VERDICT)
        )
        assert (noted.verified, noted.restored) == (verdict.checked, verdict.checked)
        assert noted.restore_seconds == verdict.restore_seconds
        assert (noted.restorable, noted.missing_refs, noted.missing_commits) == (1, 2, 3)

    def test_it_is_told_what_is_done(
        self, bundle: Backups, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(objects, "STEP_SECONDS", math.inf)  # However long git takes to check.
        bundle.verify()
        assert capsys.readouterr().out.splitlines() == [
            "comparing files",
            "restoring",
            "checking every object (git fsck --full --strict)",
            "comparing refs",
        ]

    def test_it_is_told_how_far_a_long_check_is(
        self, bundle: Backups, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(objects, "STEP_SECONDS", 0)
        bundle.verify()
        assert re.search("^[0-9]+ % of the objects are checked$", capsys.readouterr().out, re.MULTILINE)

    def test_objects_that_git_would_not_make_today_are_no_damage(
        self, backups: Backups, repository: Path
    ) -> None:
        blob = bytes.fromhex(git(repository, "hash-object", "-w", "--stdin"))
        write = ("hash-object", "-w", "--literally", "--stdin")
        tree = git(repository, *write, "-t", "tree", stdin=b"100664 f\0" + blob)
        text = f"tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A\n\nold\n"
        commit = git(repository, *write, "-t", "commit", stdin=text.encode())
        git(repository, "update-ref", "refs/heads/old", commit)
        backups.make()
        assert backups.verify().summary[1] == (
            "objects that git finds fault with, as in the repository itself: 2"
        )

    def test_it_is_good_when_the_repository_is_lost(
        self, bundle: Backups, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shutil.rmtree(bundle.repository.path)
        assert len(bundle.verify().summary) == 1
        assert "how far the repository has gone on is not known: " in capsys.readouterr().out
        assert (state(bundle).restorable, state(bundle).missing_commits) == (1, None)

    def test_nobody_but_us_is_asked_for_configuration(
        self, backups: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "gitconfig").write_text(
            "[transfer]\n\thideRefs = refs/heads/orphan\n[clone]\n\tdefaultRemoteName = x\n"
            "[fsck]\n\tskipList = /nonexistent\n[init]\n\ttemplateDir = /nonexistent\n"
        )
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
        for kind in ("bundle", "mirror"):
            backups.make(kind=kind)
            backups.verify()


@pytest.mark.parametrize(
    ("end", "error", "reason"),
    [
        (
            "echo 'fatal: Out of memory, malloc failed' >&2; exit 128",
            AlignwatchError,
            "no backup can be tried",
        ),
        ("kill -KILL $$", AlignwatchError, "signal 9"),
        ("sleep 60", GitError, "did not end within"),
        ("echo 'error: inflate failed' >&2; exit 1", DamagedError, "finds fault with it: error: inflate"),
        ("exit 3", DamagedError, "finds fault with it: exit code 3"),
    ],
)
def test_a_check_that_fails_is_not_always_the_backups_fault(
    tmp_path: Path, end: str, error: type[AlignwatchError], reason: str
) -> None:
    deadline = 0.5 if error is GitError else 60
    with pytest.raises(AlignwatchError, match=reason) as raised:
        check_objects(fake_git(tmp_path, end), tmp_path, deadline, {}, print)
    assert raised.type is error


@pytest.mark.parametrize("kind", ["bundle", "mirror"])
def test_a_clone_whose_reader_is_killed_is_not_the_backups_fault(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    backups, programs = request.getfixturevalue(kind), tmp_path / "programs"
    programs.mkdir()
    real = subprocess.run(["git", "--exec-path"], capture_output=True, check=True, text=True).stdout.strip()
    (programs / "git").write_text(
        f"#!/bin/sh\nGIT_EXEC_PATH={real}; export GIT_EXEC_PATH\n"
        '[ "$1" = index-pack ] && kill -KILL $$\n'
        'exec "$GIT_EXEC_PATH/git" "$@"\n'
    )
    (programs / "git").chmod(0o755)
    monkeypatch.setitem(ENVIRONMENT, "GIT_EXEC_PATH", str(programs))
    with pytest.raises(AlignwatchError, match="no backup can be tried here"):
        backups.verify()
    assert read_verdict(backups.all()[-1]) is None


class TestScratch:
    def test_what_a_killed_run_left_is_removed(
        self, bundle: Backups, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*arguments: object) -> None:
            os.kill(os.getpid(), 9)

        monkeypatch.setattr(verification, "check_objects", die)
        child = os.fork()
        if child == 0:
            bundle.verify()
        os.waitpid(child, 0)
        assert len(bundle.leftovers()) == 1
        monkeypatch.undo()
        bundle.verify()
        assert bundle.leftovers() == []

    def test_that_of_a_repository_that_nobody_watches_any_more_is_removed(
        self, backups: Backups, tmp_path: Path
    ) -> None:
        folder, outside = backups.state / "maintenance", tmp_path / "outside"
        for path in (folder / name_in_cache("restore", Path("gone")), folder / "restore-by-hand", outside):
            path.mkdir(parents=True)
            (path / "file").touch()
        link = folder / name_in_cache("restore", Path("link"))
        link.symlink_to(outside)
        busy, locks = folder / name_in_cache("restore", Path("busy")), RunLocks(backups.state)
        busy.mkdir()
        settings = msgspec.structs.replace(backups.settings(), repositories=())
        with locks.held("busy"):
            run_due(settings)
            assert set(backups.leftovers()) == {link.name, busy.name, "restore-by-hand"}
        assert (outside / "file").exists()

    def test_it_is_removed_when_the_run_is_told_to_end(
        self, bundle: Backups, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def end(*arguments: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(verification, "check_objects", end)
        with pytest.raises(KeyboardInterrupt):
            bundle.verify()
        assert bundle.leftovers() == []


def test_a_verdict_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_verdict(tmp_path) is None
    write_verdict(tmp_path, Verdict(checked=1.0, fault="x", restore_seconds=None))
    assert read_verdict(tmp_path) == Verdict(checked=1.0, fault="x", restore_seconds=None)
    (tmp_path / VERDICT).write_text("{")
    assert read_verdict(tmp_path) is None


def test_the_checksum_is_one_that_people_can_check(bundle: Backups) -> None:
    subprocess.run(["sha256sum", "--quiet", "--check", CHECKSUM], cwd=bundle.all()[0], check=True)
