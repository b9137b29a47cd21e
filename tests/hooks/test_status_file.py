"""The status file is there whole, or what keeps it from being written is said once."""

import logging
from pathlib import Path

import pytest

from alignwatch.hooks.status_file import StatusFile


def test_what_keeps_it_from_being_written_is_said_once_until_that_changes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "absent" / "status.json"
    file = StatusFile(str(path))
    with caplog.at_level(logging.ERROR):
        file.write(b"{}")
        file.write(b"{}")
        assert caplog.messages == [f"propagation.status_file: cannot write {path}: No such file or directory"]
        path.parent.mkdir()
        file.write(b"{}")
        assert path.read_bytes() == b"{}\n"
        path.unlink()
        path.parent.rmdir()
        file.write(b"{}")
    assert len(caplog.messages) == 2


def test_a_folder_in_its_place_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        StatusFile(str(tmp_path)).write(b"{}")
    assert "Is a directory" in caplog.text
    assert list(tmp_path.parent.glob(f".{tmp_path.name}.*")) == []
