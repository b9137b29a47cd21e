from pathlib import Path

import pytest

from alignwatch.git.command import Git
from support.primaries import Story


@pytest.fixture
def story(tmp_path: Path, git_runner: Git) -> Story:
    return Story(tmp_path / "app", git_runner)
