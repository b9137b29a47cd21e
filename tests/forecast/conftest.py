from pathlib import Path

import pytest

from support.fake_git import MergeTrees


@pytest.fixture
def merges(tmp_path: Path) -> MergeTrees:
    """A git whose every merge-tree is counted."""
    folder = tmp_path / "fake"
    folder.mkdir()
    return MergeTrees(folder)
