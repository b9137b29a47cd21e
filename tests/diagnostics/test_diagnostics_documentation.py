"""Id, file, section and the table of verdicts are kept in step."""

import re
from pathlib import Path

import pytest

from alignwatch.diagnostics import checks
from alignwatch.diagnostics.checks import GROUPS, IDS, group_of, load
from alignwatch.diagnostics.status import Status

ROOT = Path(__file__).parents[2]
_FOLDER = Path(checks.__file__).parent


def test_each_file_is_a_check_of_its_group_and_each_check_has_its_file() -> None:
    files = {
        folder.name: {file.stem.replace("_", "-") for file in folder.glob("*.py")} - {"--init--"}
        for folder in _FOLDER.iterdir()
        if (folder / "__init__.py").exists()
    }
    assert files == {group: set(ids) for group, ids in GROUPS.items()}
    assert len(set(IDS)) == len(IDS)
    assert not set(IDS) & set(GROUPS), "a name means one thing"


@pytest.mark.parametrize("id_", IDS)
def test_check_is_called_like_its_file_and_documented(id_: str) -> None:
    check = load(id_)
    assert check.id == id_
    assert check.reaches in (Status.WARNING, Status.CRITICAL)
    assert not check.summary.endswith(".")
    assert not check.well.endswith(".")
    sections = re.findall(r"^## (\S+)$", (ROOT / "docs/diagnostics.md").read_text(), re.MULTILINE)
    assert sections.count(id_) == 1
    assert f"| [{id_}](diagnostics.md#{id_}) |" in (ROOT / "docs/verdicts.md").read_text()
    assert group_of(id_) in GROUPS


def test_sections_name_only_checks_that_there_are() -> None:
    text = (ROOT / "docs/diagnostics.md").read_text()
    assert set(re.findall(r"^## (\S+)$", text, re.MULTILINE)) == set(IDS)
