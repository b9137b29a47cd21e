"""Which backups go, and that nothing else does."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.maintenance.backups.manifest import CHECKSUM, MANIFEST, File, read_manifest
from alignwatch.maintenance.backups.retention import Held, expired
from alignwatch.maintenance.backups.verdict import Verdict, write_verdict
from alignwatch.maintenance.task import TaskError
from support.backups import Backups, edit, rewrite
from support.repositories import everything_in

DAY = 86400.0
NOW = 1e9


def held(*sounds: bool | None) -> list[Held]:
    """One a day, the newest first, which is made now."""
    return [Held(f"{number}", NOW - number * DAY, sound) for number, sound in enumerate(sounds)]


def names(backups: list[Held]) -> list[str]:
    return [one.name for one in backups]


backups_lists = st.lists(st.sampled_from([True, False, None]), max_size=12).map(lambda made: held(*made))
keeps = st.integers(1, 6)
days = st.one_of(st.none(), st.floats(0.01, 20))


class TestRule:
    @given(all_there=backups_lists, keep=keeps, older_than_days=days)
    def test_the_newest_and_the_last_good_one_stay(
        self, all_there: list[Held], keep: int, older_than_days: float | None
    ) -> None:
        gone = expired(all_there, keep, older_than_days, NOW)
        kept = [one for one in all_there if one not in gone]
        assert kept[:1] == all_there[:1]
        assert [one for one in kept if one.sound][:1] == [one for one in all_there if one.sound][:1]
        if not any(one.sound for one in all_there):
            unknown = [one for one in all_there if one.sound is None]
            assert [one for one in kept if one.sound is None][:1] == unknown[:1]

    @given(all_there=backups_lists, keep=keeps)
    def test_by_number_the_newest_that_are_not_broken_stay(self, all_there: list[Held], keep: int) -> None:
        gone = expired(all_there, keep, None, NOW)
        usable = [one for one in all_there if one.sound is not False]
        assert not {*usable[:keep]} & {*gone}
        assert sum(one not in gone for one in usable) <= keep + 1

    @given(all_there=backups_lists, keep=keeps, older_than_days=days)
    def test_what_goes_is_too_old_or_has_enough_after_it(
        self, all_there: list[Held], keep: int, older_than_days: float | None
    ) -> None:
        for one in expired(all_there, keep, older_than_days, NOW):
            after = [other for other in all_there if other.made > one.made and other.sound is not False]
            is_old = older_than_days is not None and NOW - one.made > older_than_days * DAY
            assert len(after) >= keep or is_old

    @given(all_there=backups_lists, keep=keeps, older_than_days=days)
    def test_a_second_look_finds_nothing_more(
        self, all_there: list[Held], keep: int, older_than_days: float | None
    ) -> None:
        gone = expired(all_there, keep, older_than_days, NOW)
        assert expired([one for one in all_there if one not in gone], keep, older_than_days, NOW) == []

    def test_broken_ones_take_no_place(self) -> None:
        assert names(expired(held(None, False, False, True, True), 2, None, NOW)) == ["4"]

    def test_the_last_good_one_outlives_many_that_nobody_tried(self) -> None:
        assert names(expired(held(None, None, None, None, True, True), 2, None, NOW)) == ["2", "3", "5"]

    def test_old_ones_go(self) -> None:
        assert names(expired(held(True, True, True, True), 9, 1.5, NOW)) == ["2", "3"]


class TestRemoval:
    @pytest.mark.parametrize("kind", ["bundle", "mirror"])
    def test_the_oldest_goes_wholly(
        self, backups: Backups, kind: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        first = backups.made(kind=kind)
        size = sum(path.stat().st_blocks * 512 for path in first.rglob("*") if path.is_file())
        backups.make(kind=kind, keep=2)
        assert first.exists()
        result = backups.make(kind=kind, keep=2)
        assert not first.exists()
        assert len(backups.all()) == 2
        assert result.freed_bytes == size
        assert backups.leftovers() == []
        removed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("remove ")]
        assert len(removed) == len(read_manifest(backups.all()[0]).files) + 2
        assert all(line.endswith("s old)") for line in removed)

    def test_a_dry_run_says_what_would_go(self, bundle: Backups, capsys: pytest.CaptureFixture[str]) -> None:
        (first,) = bundle.all()
        (first.parent / ".lock").touch()
        before = everything_in(bundle.root)
        result = bundle.make(dry_run=True, keep=1)
        assert everything_in(bundle.root) == before
        assert f"would remove {first}/repository.bundle" in capsys.readouterr().out
        assert result.summary[-1].startswith("files would be removed: 4")

    def test_only_what_the_manifest_names(self, backups: Backups) -> None:
        first = backups.made(kind="mirror")
        (first / "repository.git" / "hooks").mkdir()
        (first / "repository.git" / "hooks" / "mine").write_text("precious")
        backups.make(keep=1)
        (left,) = backups.leftovers()
        assert left == f".removing-{first.name}"
        assert [path.name for path in (first.parent / left).rglob("*") if path.is_file()] == ["mine"]

    def test_a_manifest_leads_nowhere_else(self, bundle: Backups, tmp_path: Path) -> None:
        (tmp_path / "precious").write_text("x")
        (bundle.root / "beside").mkdir()
        (bundle.root / "beside" / "precious").write_text("x")
        (first,) = bundle.all()
        (first / "link").symlink_to(bundle.root / "beside")
        (first / "file").symlink_to(tmp_path / "precious")
        file = File(bytes=1, sha256="")
        named = (
            "../../beside/precious",
            "../../../precious",
            str(tmp_path / "precious"),
            "link/precious",
            "file",
        )
        rewrite(first, files=dict.fromkeys((*named, "", ".", "..", "/"), file))
        before = everything_in(bundle.root / "beside")
        bundle.make(keep=1)
        assert everything_in(bundle.root / "beside") == before
        assert (tmp_path / "precious").exists()

    @pytest.mark.parametrize("way", ["gone", "altered"])
    def test_one_without_a_manifest_to_rely_on_stays_and_is_told(
        self, bundle: Backups, way: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (first,) = bundle.all()
        if way == "gone":
            (first / MANIFEST).unlink()
        else:
            edit(first, "refs/heads/main", "refs/heads/mean")
        for _ in range(3):
            bundle.make(keep=1)
        assert (first / "repository.bundle").exists()
        assert f"{first} is left alone: manifest.json" in capsys.readouterr().out
        assert len(bundle.all()) == 2

    def test_the_last_good_one_stays_for_as_long_as_none_is_better(self, bundle: Backups) -> None:
        (good,) = bundle.all()
        bundle.verify()
        for _ in range(4):
            write_verdict(bundle.made(keep=2), Verdict(checked=1.0, fault="broken", restore_seconds=None))
        assert good.exists()
        bundle.make(keep=1)
        bundle.verify()
        bundle.make(keep=1)
        assert not good.exists()

    @pytest.mark.parametrize("done", ["nothing", "files", "checksum too"])
    def test_a_removal_that_was_interrupted_is_finished(self, bundle: Backups, done: str) -> None:
        (half,) = bundle.all()
        removing = half.with_name(f".removing-{half.name}")
        half.rename(removing)
        if done != "nothing":
            (removing / "repository.bundle").unlink()
            (removing / "config").unlink()
        if done == "checksum too":
            (removing / CHECKSUM).unlink()
        bundle.make()
        assert bundle.leftovers() == []

    def test_what_cannot_be_removed_is_a_failure_and_the_new_backup_is_there(
        self, bundle: Backups, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = os.unlink

        def refuse(name: Any, **named: Any) -> None:
            if name == "repository.bundle":
                raise PermissionError(1, "Operation not permitted")
            real(name, **named)

        monkeypatch.setattr(os, "unlink", refuse)
        with pytest.raises(TaskError, match="Operation not permitted"):
            bundle.make(keep=1)
        monkeypatch.undo()
        bundle.verify()

    def test_what_a_run_that_died_was_making_goes(
        self, bundle: Backups, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (half,) = bundle.all()
        making = half.with_name(f".making-{half.name}")
        shutil.copytree(half, making)
        bundle.make()
        assert capsys.readouterr().out == f"removing {making}: the run that made it died\n"
        assert bundle.leftovers() == []
