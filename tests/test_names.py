import os
from pathlib import Path

import pytest

from alignwatch.names import folder_name, legible


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/srv/git/app", "app"),
        ("/srv/git/app.git", "app"),
        ("/srv/app/.git", "app"),
        ("/", "repository"),
        ("/.git", "repository"),
        (os.fsdecode(b"/srv/caf\xe9"), "caf\\xe9"),
    ],
)
def test_a_repository_is_called_after_its_folder(path: str, name: str) -> None:
    assert folder_name(Path(path)) == name


def test_legible_text_can_be_encoded() -> None:
    assert legible("plain ü") == "plain ü"
    assert legible(os.fsdecode(b"\xff")).encode() == b"\\xff"
