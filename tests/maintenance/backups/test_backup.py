"""Backups of real repositories of every kind."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from alignwatch.errors import AlignwatchError, UsageError
from alignwatch.maintenance.backups.making import check_room
from alignwatch.maintenance.backups.manifest import BUNDLE, CONFIG, MIRROR, read_manifest
from alignwatch.maintenance.backups.store import folder_of
from alignwatch.maintenance.task import PostponedError, SkippedError, TaskError
from support.backups import Backups
from support.repositories import Commit, everything_in, git, import_history, linear, new_repository
from support.waiting import wait_until

KINDS = ("bundle", "mirror")


FULL_DISK = """
import subprocess, sys
from pathlib import Path
from alignwatch.errors import AlignwatchError
from alignwatch.maintenance.backups import upkeep
from support.backups import Backups

backups = Backups(Path(sys.argv[1]), Path(sys.argv[2]))
upkeep.check_room = lambda *arguments: None
for kind in "bundle", "mirror":
    for where, work in (backups.root, backups.make), (backups.state, backups.verify):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", where], check=True)
        try:
            work(kind=kind)
        except (AlignwatchError, OSError) as error:
            print("made" if where == backups.root else "verified", error)
        assert backups.leftovers() == []
        subprocess.run(["umount", where], check=True)
        backups.make(kind=kind)
"""


def refs_of(repository: Path) -> dict[str, str]:
    lines = (line.split(" ", 1) for line in git(repository, "show-ref").splitlines())
    return {name: oid for oid, name in lines}


@pytest.mark.parametrize("kind", KINDS)
class TestEachKind:
    def test_it_holds_every_ref_and_is_restored(self, backups: Backups, repository: Path, kind: str) -> None:
        manifest = read_manifest(backups.made(kind=kind))
        assert manifest.kind == kind
        assert manifest.refs == refs_of(repository)
        assert (manifest.head.ref, manifest.head.object) == (
            "refs/heads/main",
            git(repository, "rev-parse", "main"),
        )
        assert manifest.git == git(repository, "version")
        assert (manifest.object_format, manifest.repository, manifest.path) == (
            "sha1",
            "app",
            str(repository),
        )
        assert len(backups.verify().summary) == 1
        assert backups.leftovers() == []

    def test_the_repository_is_not_touched(self, backups: Backups, repository: Path, kind: str) -> None:
        # git dates a pack anew when it would write an object that is in it.
        git(repository, "repack", "-a", "-d", "--quiet")
        git(repository, "checkout", "--quiet", "main")
        (repository / "file-m0").write_text("changed")
        git(repository, "stash", "--quiet")
        git(repository, "pack-refs", "--all")
        assert list(repository.glob(".git/objects/pack/*.pack"))
        assert list(repository.glob(".git/objects/[0-9a-f][0-9a-f]/*"))
        before = everything_in(repository)
        backups.make(kind=kind)
        backups.verify()
        assert everything_in(repository) == before

    def test_nobody_else_may_read_it(self, backups: Backups, kind: str) -> None:
        umask = os.umask(0)
        try:
            backup = backups.made(kind=kind)
        finally:
            os.umask(umask)
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (backup, *backup.rglob("*")) if path.is_dir()}
        assert modes == {0o700}
        assert {stat.S_IMODE(path.stat().st_mode) for path in backup.rglob("*") if path.is_file()} == {0o600}
        assert stat.S_IMODE(backup.parent.stat().st_mode) == 0o700

    def test_sha256(self, tmp_path: Path, kind: str) -> None:
        repository = new_repository(tmp_path / "app", sha256=True)
        import_history(repository, linear("m", 3), {"main": "m2"})
        backups = Backups(tmp_path, repository)
        assert read_manifest(backups.made(kind=kind)).object_format == "sha256"
        backups.verify()

    def test_a_linked_work_tree_leads_to_the_whole_repository(
        self, tmp_path: Path, repository: Path, kind: str
    ) -> None:
        linked = tmp_path / "linked"
        git(repository, "worktree", "add", "--quiet", "--detach", str(linked), "orphan")
        git(linked, "commit", "--quiet", "--allow-empty", "-m", "on no branch")
        lost = git(linked, "rev-parse", "HEAD")
        backups = Backups(tmp_path, linked)
        manifest = read_manifest(backups.made(kind=kind))
        (worktree,) = manifest.worktrees
        assert (worktree.path, worktree.head.ref, worktree.head.object) == (str(linked), None, lost)
        assert manifest.refs["refs/alignwatch/worktrees/0"] == lost
        assert manifest.head.ref == "refs/heads/main"
        backups.verify()

    def test_a_detached_head(self, backups: Backups, repository: Path, kind: str) -> None:
        git(repository, "checkout", "--quiet", "--detach", "main")
        git(repository, "commit", "--quiet", "--allow-empty", "-m", "on no branch")
        head = read_manifest(backups.made(kind=kind)).head
        assert (head.ref, head.object) == (None, git(repository, "rev-parse", "HEAD"))
        backups.verify()

    def test_a_detached_head_where_a_branch_is_too(
        self, backups: Backups, repository: Path, kind: str
    ) -> None:
        git(repository, "checkout", "--quiet", "--detach", "main")
        assert read_manifest(backups.made(kind=kind)).head.ref is None
        backups.verify()

    def test_a_head_on_a_branch_without_a_commit(self, backups: Backups, repository: Path, kind: str) -> None:
        git(repository, "symbolic-ref", "HEAD", "refs/heads/later")
        head = read_manifest(backups.made(kind=kind)).head
        assert (head.ref, head.object) == ("refs/heads/later", None)
        backups.verify()

    def test_every_stash_entry(self, backups: Backups, repository: Path, kind: str) -> None:
        git(repository, "checkout", "--quiet", "main")
        for number in range(3):
            (repository / "file-m0").write_text(str(number))
            git(repository, "stash", "push", "--quiet", "-m", f"entry {number}")
        manifest = read_manifest(backups.made(kind=kind))
        assert [entry.message for entry in manifest.stash] == [f"On main: entry {n}" for n in (2, 1, 0)]
        for number, entry in enumerate(manifest.stash):
            assert (
                manifest.refs[entry.ref]
                == entry.object
                == git(repository, "rev-parse", f"stash@{{{number}}}")
            )
        backups.verify()

    def test_names_that_are_no_text_and_symbolic_refs(self, tmp_path: Path, kind: str) -> None:
        repository = new_repository(tmp_path / "app")
        names = [b"caf\xe9", b"-rf", b"$(touch)", "grün".encode(), b"a'b\"c", b"x;y|z&", b"main"]
        import_history(repository, linear("m", 2), dict.fromkeys(names, "m1"))
        git(repository, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/main")
        git(repository, "symbolic-ref", "HEAD", os.fsdecode(b"refs/heads/caf\xe9"))
        backups = Backups(tmp_path, repository, label="../..\n/etc/ \x1b[31m")
        manifest = read_manifest(backups.made(kind=kind))
        assert manifest.head.ref == r"refs/heads/caf\xe9"
        assert {r"refs/heads/caf\xe9", "refs/heads/-rf", "refs/heads/grün"} <= set(manifest.refs)
        assert manifest.symbolic_refs == {"refs/remotes/origin/HEAD": "refs/heads/main"}
        assert [path.parent.parent for path in backups.all()] == [backups.root]
        backups.verify()

    def test_objects_that_are_borrowed_are_in_it(self, tmp_path: Path, repository: Path, kind: str) -> None:
        borrower = tmp_path / "borrower"
        git(tmp_path, "clone", "--quiet", "--shared", "--no-checkout", str(repository), str(borrower))
        backups = Backups(tmp_path, borrower)
        backups.make(kind=kind)
        (repository / ".git" / "objects").rename(tmp_path / "gone")
        with pytest.raises(AlignwatchError):
            backups.make(kind=kind)
        assert " s old, restored in " in backups.verify().summary[0]

    def test_who_moves_branches_meanwhile_does_no_harm(
        self, backups: Backups, repository: Path, kind: str
    ) -> None:
        tips = [git(repository, "rev-parse", name) for name in ("main", "orphan", "feature/far")]
        stop = threading.Event()

        def move() -> None:
            while not stop.is_set():
                for number, tip in enumerate(tips):
                    git(repository, "update-ref", "refs/heads/moving", tip)
                    git(repository, "update-ref", f"refs/heads/coming-{number}", tip)
                for number in range(len(tips)):
                    git(repository, "update-ref", "-d", f"refs/heads/coming-{number}")

        thread = threading.Thread(target=move)
        thread.start()
        try:
            for _ in range(3):
                backups.make(kind=kind)
                backups.verify()
        finally:
            stop.set()
            thread.join()


def test_a_branch_that_could_mean_another_one_too_is_not_lost(backups: Backups, repository: Path) -> None:
    # git leaves refs/heads/main out of a bundle then, and says nothing.
    git(repository, "update-ref", "refs/heads/refs/heads/main", "orphan")
    result = backups.make()
    manifest = read_manifest(backups.all()[-1])
    assert (manifest.kind, manifest.refs) == ("mirror", refs_of(repository))
    assert result.summary[1].startswith("a mirror: no bundle can hold")
    backups.verify()


def test_a_shallow_clone_becomes_a_mirror(tmp_path: Path, repository: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", str(tmp_path / "shallow"))
    backups = Backups(tmp_path, tmp_path / "shallow")
    assert read_manifest(backups.made()).kind == "mirror"
    backups.verify()


def test_a_repository_that_was_restored_keeps_what_it_has(backups: Backups, repository: Path) -> None:
    git(repository, "checkout", "--quiet", "main")
    (repository / "file-m0").write_text("new")
    git(repository, "stash", "--quiet")
    git(repository, "update-ref", "refs/alignwatch/stash/0", "orphan")
    manifest = read_manifest(backups.made())
    assert manifest.refs["refs/alignwatch/stash/0"] == git(repository, "rev-parse", "orphan")
    assert manifest.refs["refs/alignwatch-/stash/0"] == git(repository, "rev-parse", "stash")
    backups.verify()


def test_an_empty_repository_is_passed_over(tmp_path: Path) -> None:
    backups = Backups(tmp_path, new_repository(tmp_path / "empty"))
    for run in (backups.make, backups.verify):
        with pytest.raises(SkippedError, match="nothing to back up: it has no commit yet"):
            run()
    assert (backups.all(), backups.leftovers()) == ([], [])


@pytest.mark.parametrize("kind", KINDS)
def test_a_partial_clone_is_passed_over_unless_it_has_everything(
    tmp_path: Path, repository: Path, kind: str
) -> None:
    git(repository, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    url = f"file://{repository}"
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", "--no-checkout", url, str(partial))
    backups = Backups(tmp_path, partial)
    for run in (backups.make, backups.verify):
        with pytest.raises(SkippedError, match=r"partial clone, .* fetch them all"):
            run(kind=kind)
    assert backups.leftovers() == []
    git(partial, "fetch", "--quiet", "--refetch", "--no-filter", "origin")
    backups.make(kind=kind)
    backups.verify()


def test_the_configuration_is_in_it_without_secrets(backups: Backups, repository: Path) -> None:
    git(repository, "config", "remote.origin.url", "https://me:hunter2@example.invalid/app.git")
    config = (backups.made() / CONFIG).read_text()
    assert "hunter2" not in config
    assert "***@example.invalid/app.git" in config


def test_without_a_folder_nothing_is_done_and_it_is_said_how(backups: Backups) -> None:
    for run in (backups.make, backups.verify):
        with pytest.raises(SkippedError, match=r"maintenance\.backup\.folder names no folder: set it"):
            run(folder=None)


class TestPlaces:
    @pytest.mark.parametrize(
        "way", ["slash", "home", "repository", "git folder", "linked", "state", "a link"]
    )
    def test_some_are_refused(
        self, backups: Backups, repository: Path, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        linked = tmp_path / "linked"
        git(repository, "worktree", "add", "--quiet", "--detach", str(linked), "main")
        (repository / "inside").mkdir()
        (tmp_path / "link").symlink_to(repository / "inside")
        backups.state.mkdir()
        monkeypatch.setenv("HOME", str(tmp_path / "people"))
        (tmp_path / "people").mkdir()
        folder = {
            "slash": Path("/"),
            "home": tmp_path / "people",
            "repository": repository / "inside",
            "git folder": repository / ".git" / "objects",
            "linked": linked,
            "state": backups.state,
            "a link": tmp_path / "link",
        }[way]
        before = everything_in(repository)
        with pytest.raises(UsageError, match="no backups are put here: "):
            backups.make(folder=str(folder))
        assert everything_in(repository) == before

    def test_a_disk_that_is_not_mounted_is_not_replaced_by_a_folder(
        self, backups: Backups, tmp_path: Path
    ) -> None:
        with pytest.raises(UsageError, match="no such folder; mount the disk that it is on, or make it"):
            backups.make(folder=str(tmp_path / "mnt" / "backup"))

    def test_a_folder_that_was_made_a_link_is_refused(self, backups: Backups, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (backups.root / folder_of("app")).symlink_to(tmp_path / "elsewhere")
        with pytest.raises(UsageError, match="is a link"):
            backups.make()

    @pytest.mark.parametrize("label", ["..", ".", "-x", "a/b", "ä" * 128, "x" * 128, " "])
    def test_any_label_gives_one_folder(self, label: str, tmp_path: Path) -> None:
        name = folder_of(label)
        (tmp_path / name).mkdir()
        assert (tmp_path / name).parent == tmp_path
        assert not name.startswith(("-", "."))

    def test_labels_that_look_alike_have_folders_of_their_own(self) -> None:
        assert len({folder_of(label) for label in ("a/b", "a_b", "a:b", "a b")}) == 4

    def test_one_at_a_time(self, backups: Backups) -> None:
        backup = backups.made()
        script = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(); input()"
        with subprocess.Popen(
            ["python3", "-c", script, str(backup.parent / ".lock")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as other:
            assert other.stdout is not None
            other.stdout.readline()
            with pytest.raises(PostponedError, match="another process is at work"):
                backups.make()
            other.communicate(b"\n")


def test_a_dry_run_says_what_and_writes_nothing(backups: Backups) -> None:
    result = backups.make(dry_run=True)
    assert result.summary[0].startswith(f"would back up to {backups.root}/app-")
    assert list(backups.root.iterdir()) == []
    backups.make()
    before = everything_in(backups.root)
    backups.make(dry_run=True, keep=1)
    assert backups.verify(dry_run=True).summary == (f"would restore {backups.all()[0]}",)
    assert everything_in(backups.root) == before


class TestFailures:
    def test_a_full_disk_is_a_clean_failure_and_no_fault_of_the_backup(
        self, backups: Backups, repository: Path
    ) -> None:
        own_mounts = ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run([*own_mounts, "true"], check=False, capture_output=True).returncode != 0:
            pytest.skip("this machine lets nobody mount a small file system")
        (repository / "noise").write_bytes(os.urandom(3_000_000))
        git(repository, "add", "noise")
        git(repository, "commit", "--quiet", "-m", "noise")
        backups.state.mkdir()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        done = subprocess.run(
            [*own_mounts, sys.executable, "-c", FULL_DISK, backups.root.parent, repository],
            env={**environment, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        )
        said = [line for line in done.stdout.splitlines() if line.startswith(("made", "verified"))]
        assert len(said) == 4
        for line in said:
            assert "No space left on device" in line or "Out of diskspace" in line
            assert "make one" not in line
        backups.verify()

    def test_room_is_looked_for_before(self, tmp_path: Path) -> None:
        check_room(tmp_path, 0, 0)
        with pytest.raises(TaskError, match=r"are needed, and .* may be used: 0 % of the disk stay free"):
            check_room(tmp_path, 1 << 60, 0)

    def test_a_repository_that_lacks_objects_is_told(self, backups: Backups, repository: Path) -> None:
        git(repository, "update-ref", "refs/heads/copy", "main")
        (repository / ".git" / "refs" / "heads" / "broken").write_text("1" * 40 + "\n")
        with pytest.raises(AlignwatchError, match="nonexistent object"):
            backups.make()
        assert (backups.all(), backups.leftovers()) == ([], [])

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("step", ["os.fsync", "os.rename", "pathlib.Path.rename", "shutil.rmtree"])
    def test_one_that_is_killed_leaves_no_half_backup(
        self, backups: Backups, kind: str, step: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = backups.made(kind=kind)

        def die(*arguments: object, **named: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        self._in_another_process(lambda: (monkeypatch.setattr(step, die), backups.make(kind=kind)))
        whole = [path for path in backups.all() if path != before]
        for backup in whole:
            assert read_manifest(backup).kind == kind
        backups.verify()
        backups.make(kind=kind)
        backups.verify()
        assert backups.leftovers() == []

    def test_a_runner_that_is_killed_takes_its_half_backup_with_it(
        self, backups: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slow = tmp_path / "slow" / "git"
        slow.parent.mkdir()
        git_itself = shutil.which("git")
        slow.write_text(
            f'#!/bin/sh\ncase "$*" in *"bundle create"*) sleep 60;; esac\nexec {git_itself} "$@"\n'
        )
        slow.chmod(0o755)
        config = tmp_path / "alignwatch.yaml"
        config.write_bytes(msgspec.yaml.encode(backups.settings()))
        command = [
            sys.executable,
            "-m",
            "alignwatch",
            "maintenance",
            "run",
            "backup",
            "--config",
            str(config),
        ]
        with monkeypatch.context() as slowly:
            slowly.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
            runner = subprocess.Popen(command)
        wait_until(backups.leftovers, "the backup")
        runner.kill()
        runner.wait()
        wait_until(lambda: not backups.leftovers(), "the end of the backup")
        assert backups.all() == []
        # It holds its lock until its last process has ended.
        wait_until(lambda: subprocess.run(command, check=False).returncode == 0, "a free lock")
        backups.verify()

    @staticmethod
    def _in_another_process(work: Callable[[], object]) -> None:
        child = os.fork()
        if child == 0:
            work()
            os._exit(0)
        os.waitpid(child, 0)


def test_a_file_of_somebody_elses_in_the_folder_stays(backups: Backups) -> None:
    backup = backups.made()
    (backup.parent / "notes.txt").write_text("mine")
    for _ in range(3):
        backups.make(keep=1)
    assert (backup.parent / "notes.txt").read_text() == "mine"
    assert not backup.exists()


def test_a_clock_that_was_set_back_does_not_make_the_new_one_an_old_one(
    backups: Backups, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = backups.made()
    now = read_manifest(old).made
    monkeypatch.setattr("time.time", lambda: now - 86400)
    for _ in range(2):
        new = backups.made(keep=1)
        assert new > old
        assert backups.all() == [new]
        assert read_manifest(new).made == now - 86400
        old = new


def test_a_bundle_is_one_file_and_a_mirror_needs_nothing_else(backups: Backups) -> None:
    assert {path.name for path in backups.made().iterdir()} == {
        BUNDLE,
        CONFIG,
        "manifest.json",
        "manifest.sha256",
    }
    mirror = backups.made(kind="mirror") / MIRROR
    assert not (mirror / "objects" / "info" / "alternates").exists()
    assert git(mirror, "fsck", "--full", "--strict", "--no-dangling") == ""


def test_history_with_merges_and_tags(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "app")
    commits = [*linear("m", 2), Commit("side", ["m0"]), Commit("merge", ["m1", "side"])]
    import_history(repository, commits, {"main": "merge"})
    git(repository, "tag", "-a", "-m", "annotated", "v1", "main")
    blob = git(repository, "hash-object", "-w", "--stdin", stdin=b"a key")
    git(repository, "tag", "key", blob)
    git(repository, "replace", "main", "main~1")
    backups = Backups(tmp_path, repository)
    backups.make()
    backups.verify()
    git(repository, "tag", "key2", git(repository, "hash-object", "-w", "--stdin", stdin=b"another"))
    assert backups.verify().summary[-1] == "the repository has gone on since by refs: 1, commits: 0"
