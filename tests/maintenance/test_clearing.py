"""What removes files, against links, repositories, and people who change things while it looks."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from alignwatch.errors import UsageError
from alignwatch.maintenance import tree
from alignwatch.maintenance.task import Result, TaskError
from alignwatch.maintenance.tasks import cache_cleanup, log_rotation
from alignwatch.maintenance.tree import opened
from alignwatch.settings import Backup, CacheCleanup, LogRotation, Maintenance, Repository, Settings
from support.clearing import context
from support.repositories import everything_in, new_repository

DAY = 86400
LONG_AGO = time.time() - 1000 * DAY


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    made = tmp_path / "cache"
    made.mkdir()
    return made


def old(path: Path, content: str = "x", age_days: float = 1000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    moment = time.time() - age_days * DAY
    os.utime(path, (moment, moment))
    return path


def room_of(file: Path) -> int:
    return file.stat().st_blocks * 512


def clean(root: Path, *, dry_run: bool = False, repository: Path | None = None, **changes: Any) -> Result:
    maintenance = Maintenance(cache_cleanup=CacheCleanup(roots=(str(root),), **changes))
    repositories = (Repository(path=str(repository)),) if repository else ()
    settings = Settings(state_dir="/nonexistent/state", maintenance=maintenance, repositories=repositories)
    return cache_cleanup.TASK.run(context(settings, dry_run=dry_run))


def rotate(root: Path, *, dry_run: bool = False, **changes: Any) -> Result:
    maintenance = Maintenance(log_rotation=LogRotation(roots=(str(root),), **changes))
    settings = Settings(state_dir="/nonexistent/state", maintenance=maintenance)
    return log_rotation.TASK.run(context(settings, dry_run=dry_run))


class TestCache:
    def test_old_files_go_and_young_ones_stay(self, cache: Path) -> None:
        gone, young = old(cache / "a" / "b" / "old"), old(cache / "a" / "young", age_days=1)
        room = room_of(gone)
        result = clean(cache)
        assert (gone.exists(), young.exists()) == (False, True)
        assert result.freed_bytes == room
        assert result.summary == (f"files removed: 1, bytes freed: {room}",)

    def test_a_dry_run_says_exactly_what_would_go(
        self, cache: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = old(cache / "x\nname")
        (line,) = clean(cache, dry_run=True).summary
        assert line == f"files would be removed: 1, bytes would be freed: {room_of(file)}"
        assert capsys.readouterr().out == f"would remove {cache}/x\\nname (2 y old)\n"
        assert file.exists()

    def test_what_was_read_lately_is_in_use(self, cache: Path) -> None:
        file = old(cache / "read")
        os.utime(file, (time.time(), LONG_AGO))
        clean(cache)
        assert file.exists()

    def test_only_files_of_these_names(self, cache: Path) -> None:
        gone, kept = old(cache / "a.tmp"), old(cache / "a.dat")
        clean(cache, files=("*.tmp",))
        assert (gone.exists(), kept.exists()) == (False, True)

    def test_a_cache_that_is_too_large_loses_its_oldest_files(self, cache: Path) -> None:
        files = [old(cache / str(age), "x" * 8000, age_days=age) for age in range(1, 6)]
        clean(cache, larger_than_bytes=3 * room_of(files[0]))
        assert [file.exists() for file in files] == [True, True, True, False, False]

    def test_a_cache_that_stays_too_large_has_freed_too_little(
        self, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = [old(cache / str(age), "x" * 8000, age_days=age) for age in range(1, 6)]
        room = room_of(files[0])
        assert clean(cache, larger_than_bytes=5 * room).shortfall_bytes == 0
        # Somebody writes to the two oldest just then.
        monkeypatch.setattr(tree.Found, "is_unchanged", lambda found: found.name not in "45")
        assert clean(cache, larger_than_bytes=3 * room).shortfall_bytes == 2 * room
        assert clean(cache, larger_than_bytes=2 * room).shortfall_bytes == 2 * room
        monkeypatch.undo()
        assert clean(cache, larger_than_bytes=2 * room).shortfall_bytes == 0

    def test_a_cache_that_is_small_enough_loses_none(self, cache: Path) -> None:
        file = old(cache / "one", age_days=1)
        clean(cache, larger_than_bytes=1 << 20)
        assert file.exists()

    def test_a_file_with_another_name_elsewhere_frees_nothing(self, cache: Path, tmp_path: Path) -> None:
        os.link(old(cache / "file"), tmp_path / "other-name")
        assert clean(cache).freed_bytes == 0
        assert (tmp_path / "other-name").exists()

    def test_without_roots_there_is_nothing_to_do(self) -> None:
        for task in (cache_cleanup.TASK, log_rotation.TASK):
            (line,) = task.run(context(Settings())).summary
            assert line.startswith("nothing to do: maintenance.")

    def test_one_bad_root_does_not_hide_another(self, cache: Path, tmp_path: Path) -> None:
        file = old(cache / "file")
        settings = Settings(
            state_dir="/nonexistent/state",
            maintenance=Maintenance(
                cache_cleanup=CacheCleanup(roots=(str(tmp_path / "gone"), str(cache), "/"))
            ),
        )
        with pytest.raises(TaskError, match="No such file or directory") as raised:
            cache_cleanup.TASK.run(context(settings))
        assert raised.value.code == 1
        assert not file.exists()

    def test_a_root_that_fails_on_the_way_does_not_hide_another(
        self, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = old(cache / "first" / "file"), old(cache / "second" / "file")
        folders = tree.Root.folders

        def broken(root: tree.Root) -> Iterator[list[tree.Found]]:
            if root.path.name == "first":
                raise OSError(5, "Input/output error")
            return folders(root)

        monkeypatch.setattr(tree.Root, "folders", broken)
        roots = (str(first.parent), str(second.parent))
        settings = Settings(
            state_dir="/nonexistent/state", maintenance=Maintenance(cache_cleanup=CacheCleanup(roots=roots))
        )
        remedy = "first: Input/output error; mend maintenance.cache_cleanup.roots"
        with pytest.raises(TaskError, match=remedy):
            cache_cleanup.TASK.run(context(settings))
        assert (first.exists(), second.exists()) == (True, False)

    def test_a_chain_of_folders_without_end_keeps_nobody_from_the_others(self, cache: Path) -> None:
        near = old(cache / "d" / "d" / "file")
        with chdir(cache):
            for _ in range(1200):
                Path("d").mkdir(exist_ok=True)
                os.chdir("d")
        assert clean(cache).summary[0].startswith("files removed: 1,")
        assert not near.exists()
        # pytest would go down by calling itself, too.
        subprocess.run(["rm", "-r", "d"], cwd=cache, check=True)

    @pytest.mark.parametrize("root", ["", "backups", "backups/app"])
    def test_backups_are_no_cache(self, tmp_path: Path, root: str) -> None:
        bundle = old(tmp_path / "disk" / "backups" / "app" / "repository.bundle")
        maintenance = Maintenance(
            cache_cleanup=CacheCleanup(roots=(str(tmp_path / "disk" / root),)),
            backup=Backup(folder=str(tmp_path / "disk" / "backups")),
        )
        settings = Settings(state_dir="/nonexistent/state", maintenance=maintenance)
        with pytest.raises(TaskError, match=r"it (is or holds|lies among the backups in) .*backups"):
            cache_cleanup.TASK.run(context(settings))
        assert bundle.exists()

    def test_what_cannot_be_removed_is_said(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        old(cache / "file")

        def refuse(*arguments: Any, **named: Any) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "unlink", refuse)
        with pytest.raises(TaskError, match="file: Operation not permitted"):
            clean(cache)


class TestBounds:
    def test_links_are_never_followed_and_stay(self, cache: Path, tmp_path: Path) -> None:
        outside = old(tmp_path / "outside" / "precious")
        (cache / "file").symlink_to(outside)
        (cache / "folder").symlink_to(outside.parent)
        (cache / "up").symlink_to("..")
        clean(cache)
        assert outside.exists()
        assert len(list(cache.iterdir())) == 3

    def test_a_root_that_is_a_link_is_the_folder_that_it_leads_to(self, cache: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(cache)
        file = old(cache / "file")
        clean(tmp_path / "link")
        assert not file.exists()

    @pytest.mark.parametrize("way", ["home", "above home", "slash", "link to slash", "dotdot"])
    def test_some_roots_are_refused(
        self, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
    ) -> None:
        home = tmp_path / "people" / "me"
        home.mkdir(parents=True)
        monkeypatch.setenv("HOME", str(home))
        (tmp_path / "link").symlink_to("/")
        root = {
            "home": home,
            "above home": home.parent,
            "slash": Path("/"),
            "link to slash": tmp_path / "link",
            "dotdot": home / ".." / "..",
        }[way]
        with pytest.raises(UsageError, match="nothing is removed here"), opened(str(root), ()):
            raise AssertionError

    def test_no_root_is_a_repository_or_in_one_or_above_one(self, tmp_path: Path) -> None:
        work = new_repository(tmp_path / "srv" / "app")
        bare = new_repository(tmp_path / "bare.git", bare=True)
        for root in (
            work,
            work / ".git",
            work / ".git" / "objects",
            bare,
            bare / "objects",
            tmp_path / "srv",
        ):
            before = everything_in(tmp_path)
            with pytest.raises(TaskError, match="nothing is removed here"):
                clean(root, repository=work, older_than_days=0.000001)
            assert everything_in(tmp_path) == before

    def test_a_folder_inside_a_work_tree_may_be_a_cache(self, tmp_path: Path) -> None:
        work = new_repository(tmp_path / "app")
        file = old(work / ".cache" / "file")
        clean(work / ".cache", repository=work)
        assert not file.exists()

    def test_repositories_below_a_root_are_passed_over(self, cache: Path) -> None:
        work, bare = new_repository(cache / "clone"), new_repository(cache / "mirror.git", bare=True)
        files = [old(work / "src" / "old"), old(bare / "old")]
        before = everything_in(cache)
        clean(cache, older_than_days=0.000001)
        assert everything_in(cache) == before
        assert all(file.exists() for file in files)

    def test_other_file_systems_are_passed_over(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = old(cache / "mounted" / "file")
        real = os.stat

        def elsewhere(path: Any, **named: Any) -> os.stat_result:
            status = real(path, **named)
            if path == "mounted":
                fields = list(status)
                fields[2] = status.st_dev + 1
                return os.stat_result(fields)
            return status

        monkeypatch.setattr(os, "stat", elsewhere)
        clean(cache)
        assert file.exists()


class TestRaces:
    def test_a_file_that_changes_after_it_was_judged_stays(self, cache: Path) -> None:
        file = old(cache / "file")
        with opened(str(cache), ()) as root:
            for folder in root.folders():
                for found in folder:
                    file.write_text("new work")
                    assert not found.is_unchanged()
                    file.unlink()
                    assert not found.is_unchanged()

    def test_a_folder_that_becomes_a_link_in_mid_walk_leads_nowhere(
        self, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outside = old(tmp_path / "outside" / "precious")
        old(cache / "folder" / "precious")

        def swap_after(may_enter: Callable[..., bool]) -> Callable[..., bool]:
            def looked(self: tree.Root, name: str, descriptor: int) -> bool:
                entered = may_enter(self, name, descriptor)
                (cache / "folder").rename(tmp_path / "moved")
                (cache / "folder").symlink_to(outside.parent)
                return entered

            return looked

        monkeypatch.setattr(tree.Root, "_may_enter", swap_after(tree.Root._may_enter))
        clean(cache)
        assert outside.exists()

    def test_a_folder_that_becomes_a_link_before_the_removal_is_still_the_same_folder(
        self, cache: Path, tmp_path: Path
    ) -> None:
        outside = old(tmp_path / "outside" / "precious")
        old(cache / "folder" / "precious")
        with opened(str(cache), ()) as root:
            for folder in root.folders():
                for found in folder:
                    (cache / "folder").rename(tmp_path / "moved")
                    (cache / "folder").symlink_to(outside.parent)
                    os.unlink(found.name, dir_fd=found.folder)
        assert outside.exists()
        assert not (tmp_path / "moved" / "precious").exists()

    def test_a_root_that_is_swapped_while_it_is_opened_is_refused(
        self, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        above = tmp_path / "above"
        (above / "cache").mkdir(parents=True)
        (tmp_path / "elsewhere" / "cache").mkdir(parents=True)
        real = os.open

        def swapped(path: Any, *arguments: Any, **named: Any) -> int:
            above.rename(tmp_path / "moved")
            above.symlink_to(tmp_path / "elsewhere")
            monkeypatch.undo()
            return real(path, *arguments, **named)

        monkeypatch.setattr(os, "open", swapped)
        with (
            pytest.raises(UsageError, match="was changed while it was opened"),
            opened(str(above / "cache"), ()),
        ):
            raise AssertionError

    @pytest.mark.parametrize("task", ["cache_cleanup", "log_rotation"])
    def test_nothing_outside_is_touched_while_somebody_swaps_folders_and_links(
        self, cache: Path, tmp_path: Path, task: str
    ) -> None:
        for number in range(20):
            old(tmp_path / "outside" / f"{number}.log")
            old(tmp_path / "outside" / f"{number}.log.20200101T020000Z")
        before = everything_in(tmp_path / "outside")
        names = sorted(file.name for file in (tmp_path / "outside").iterdir())
        real, link = cache / "real", cache / "swapped"
        stop = threading.Event()

        def swap() -> None:
            while not stop.is_set():
                real.mkdir(exist_ok=True)
                for name in names:
                    old(real / name)
                real.rename(link)
                link.rename(tmp_path / "aside")
                link.symlink_to(tmp_path / "outside")
                link.unlink()
                for file in (tmp_path / "aside").iterdir():
                    file.unlink(missing_ok=True)
                (tmp_path / "aside").rmdir()

        thread = threading.Thread(target=swap)
        thread.start()
        try:
            for _ in range(20):
                clean(cache) if task == "cache_cleanup" else rotate(cache, larger_than_bytes=1)
        finally:
            stop.set()
            thread.join()
        assert everything_in(tmp_path / "outside") == before


class TestLogs:
    def test_one_that_cannot_be_put_aside_does_not_hide_another(
        self, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("a.log", "b.log"):
            (cache / name).write_text("x" * 100)
        rename = os.rename

        def refuse(name: str, to: str, **named: int) -> None:
            if name == "a.log":
                raise PermissionError(13, "Permission denied")
            rename(name, to, **named)

        monkeypatch.setattr(os, "rename", refuse)
        with pytest.raises(TaskError, match=r"a\.log: Permission denied"):
            rotate(cache, larger_than_bytes=10)
        assert (cache / "a.log").exists()
        assert not (cache / "b.log").exists()

    def test_a_large_log_is_put_aside_without_losing_a_line(self, cache: Path) -> None:
        log = cache / "app.log"
        log.write_text("line\n" * 100)
        with log.open("a") as writer:
            rotate(cache, larger_than_bytes=100)
            writer.write("late\n")
        (aside,) = cache.iterdir()
        assert aside.name.startswith("app.log.20")
        assert aside.read_text() == "line\n" * 100 + "late\n"

    def test_small_logs_and_other_files_stay(self, cache: Path) -> None:
        (cache / "small.log").write_text("x")
        (cache / "large.dat").write_text("x" * 1000)
        before = everything_in(cache)
        rotate(cache, larger_than_bytes=100)
        assert everything_in(cache) == before

    def test_the_newest_that_were_put_aside_are_kept(self, cache: Path) -> None:
        logs = [old(cache / f"app.log.202601{day:02}T020000Z", age_days=30 - day) for day in range(1, 9)]
        others = old(cache / "other.log.20260101T020000Z", age_days=30)
        rotate(cache, keep=3)
        assert [log.exists() for log in logs] == [False] * 5 + [True] * 3
        assert others.exists()

    def test_one_that_is_still_written_to_stays(self, cache: Path) -> None:
        logs = [old(cache / f"app.log.202601{day:02}T020000Z", age_days=0) for day in range(1, 5)]
        rotate(cache, keep=1)
        assert all(log.exists() for log in logs)

    def test_very_old_ones_go_in_any_case(self, cache: Path) -> None:
        log = old(cache / "app.log.20200101T020000Z")
        assert rotate(cache, dry_run=True).freed_bytes == room_of(log)
        assert log.exists()
        rotate(cache)
        assert not log.exists()

    def test_a_name_that_is_taken_is_not_overwritten(
        self, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(time, "strftime", lambda *arguments: "20260101T020000Z")
        (cache / "app.log").write_text("new" * 100)
        old(cache / "app.log.20260101T020000Z", "first", age_days=0)
        rotate(cache, larger_than_bytes=10)
        assert (cache / "app.log.20260101T020000Z").read_text() == "first"
        assert (cache / "app.log").exists()

    def test_links_are_neither_followed_nor_renamed(self, cache: Path, tmp_path: Path) -> None:
        outside = old(tmp_path / "outside" / "app.log", "line\n" * 100)
        old(tmp_path / "outside" / "app.log.20200101T020000Z")
        before = everything_in(outside.parent)
        (cache / "app.log").symlink_to(outside)
        (cache / "app.log.20200101T020000Z").symlink_to(outside)
        (cache / "folder").symlink_to(outside.parent)
        (cache / "up").symlink_to("..")
        rotate(cache, larger_than_bytes=10)
        assert everything_in(outside.parent) == before
        assert sorted(one.name for one in cache.iterdir()) == [
            "app.log",
            "app.log.20200101T020000Z",
            "folder",
            "up",
        ]

    def test_logs_of_a_repository_are_its_own(self, cache: Path, tmp_path: Path) -> None:
        work = new_repository(tmp_path / "app")
        inside = new_repository(cache / "clone")
        for folder in (work, inside, work / ".git", inside / ".git"):
            old(folder / "app.log", "x" * 100)
        before = everything_in(work), everything_in(inside)
        for root in (work, work / ".git", work / ".git" / "logs", Path("/")):
            with pytest.raises(TaskError, match=r"nothing is removed here|No such file"):
                rotate(root, larger_than_bytes=10)
        rotate(cache, larger_than_bytes=10)
        assert (everything_in(work), everything_in(inside)) == before
