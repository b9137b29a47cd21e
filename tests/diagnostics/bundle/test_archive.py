"""A bundle's file: what is in it can be checked, whose it was cannot be told, and it is its owner's alone."""

import hashlib
import io
import json
import stat
import tarfile
from pathlib import Path

import pytest

from alignwatch.diagnostics.bundle.archive import as_table, manifest_of, packed, refuse, write
from alignwatch.diagnostics.bundle.contents import Contents, Missing, Packed, Wish
from alignwatch.errors import UsageError

CONTENTS = Contents(
    (Packed("a.json", b"{}\n"), Packed("logs/b.log", b"b" * 2048, "cut to 2048 bytes")),
    (Missing("journal", "absent\x1b"),),
)
NOW = 1_768_219_200.0


def test_the_manifest_says_what_is_in_it_and_what_is_not() -> None:
    manifest = manifest_of(CONTENTS, Wish(mail=True), NOW)
    with tarfile.open(fileobj=io.BytesIO(packed(CONTENTS, manifest, NOW))) as tar:
        entries = {entry.name: entry for entry in tar}
        read = {name: tar.extractfile(entry).read() for name, entry in entries.items()}  # type: ignore[union-attr]
    told = json.loads(read.pop("alignwatch-bundle/manifest.json"))
    assert (told["hidden"], told["time"]) == (["secrets", "mail"], "2026-01-12T12:00:00Z")
    assert told["missing"] == [{"part": "journal", "why": "absent\x1b"}]
    assert {f"alignwatch-bundle/{one['name']}": one["sha256"] for one in told["members"]} == {
        name: hashlib.sha256(data).hexdigest() for name, data in read.items()
    }
    for entry in entries.values():
        assert (entry.uid, entry.gid, entry.uname, entry.gname) == (0, 0, "", "")
        assert (entry.mode, entry.mtime) == (0o600, int(NOW))


def test_the_same_is_the_same_to_the_byte() -> None:
    manifest = manifest_of(CONTENTS, Wish(), NOW)
    assert packed(CONTENTS, manifest, NOW) == packed(CONTENTS, manifest, NOW)


def test_the_table_of_it() -> None:
    table = as_table(manifest_of(CONTENTS, Wish(), NOW))
    assert "logs/b.log  2.0 KiB  cut to 2048 bytes" in table
    assert "missing: journal: absent\\x1b" in table
    assert table.endswith("2 files, 2.0 KiB; hidden: secrets")


def test_only_its_owner_may_read_it_and_a_link_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("untouched")
    file = tmp_path / "b.tar.gz"
    file.symlink_to(other)
    write(file, b"x")
    assert (file.read_bytes(), stat.S_IMODE(file.lstat().st_mode)) == (b"x", 0o600)
    assert other.read_text() == "untouched"


def test_where_it_cannot_be_is_said_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name, said in (
        ("there", "is there already"),
        ("dangling", "is there already"),
        ("no/b", "no such folder"),
    ):
        with pytest.raises(UsageError, match=said):
            refuse(tmp_path / name, force=False)
    refuse(tmp_path / "there", force=True)
    with pytest.raises(UsageError, match="is a folder"):
        refuse(tmp_path, force=True)
