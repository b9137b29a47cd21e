"""What ``docs/backups.md`` says about restoring, done as it says."""

import re
import subprocess
from pathlib import Path

import pytest

from alignwatch.maintenance.backups.store import folder_of
from support.backups import Backups
from support.repositories import ENVIRONMENT, git

DOCUMENT = Path(__file__).parents[3] / "docs" / "backups.md"


def commands(kind: str) -> str:
    """The commands that the document gives for one kind of backup, in their order."""
    blocks = re.findall(r"<!-- run(?:: (\w+))? -->\n```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert len(blocks) == 6
    return "".join(block for only, block in blocks if only in ("", kind))


@pytest.mark.parametrize("kind", ["bundle", "mirror"])
def test_the_documents_commands_bring_everything_back(
    backups: Backups, repository: Path, tmp_path: Path, kind: str
) -> None:
    git(repository, "checkout", "--quiet", "feature/far")
    git(repository, "remote", "add", "origin", "ssh://git@example.invalid/app.git")
    for number in range(3):
        (repository / "file-m0").write_text(str(number))
        git(repository, "stash", "push", "--quiet", "-m", f"entry  {number}")
    backup, restored = backups.made(kind=kind), tmp_path / "restored"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands(kind)],
        env={**ENVIRONMENT, "BACKUP": str(backup), "RESTORED": str(restored)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for question in (
        ("show-ref", "--head"),
        ("symbolic-ref", "HEAD"),
        ("stash", "list"),
        ("config", "--local", "--list"),
        ("status", "--porcelain", "--untracked-files=no"),
        ("ls-files",),
    ):
        assert git(restored, *question) == git(repository, *question)


def test_the_names_in_the_document_are_those_that_are_used(backups: Backups) -> None:
    names = set(re.findall(r"^\| `([\w.]+)` \|", DOCUMENT.read_text(), re.MULTILINE))
    found = {path.name for kind in ("bundle", "mirror") for path in backups.made(kind=kind).iterdir()}
    backups.verify()
    found |= {path.name for path in backups.all()[-1].iterdir()}
    assert names == found
    assert backups.all()[0].parent.name == folder_of("app")
