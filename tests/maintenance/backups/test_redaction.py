"""Configurations lose their secrets and nothing else."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignwatch.maintenance.backups.redaction import redacted
from support.repositories import git


def listed(file: Path) -> bytes:
    return git(file.parent, "config", "--list", "-z", "--file", str(file)).encode("utf-8", "surrogateescape")


def read_back(folder: Path, written: bytes) -> bytes:
    file = folder / "written"
    file.write_bytes(written)
    return listed(file)


SECRETS = {
    "url": '[remote "origin"]\n\turl = https://me:hunter2@example.invalid/a.git\n',
    "user alone": '[remote "origin"]\n\turl = https://hunter2@example.invalid/a.git\n',
    "at sign in it": '[remote "origin"]\n\turl = https://me:hunter2@x@example.invalid/a.git\n',
    "section": '[url "https://me:hunter2@example.invalid/"]\n\tinsteadOf = x:\n',
    "header": "[http]\n\textraHeader = AUTHORIZATION: basic hunter2\n",
    "header of one host": '[http "https://example.invalid/"]\n\textraheader = X-Key: hunter2\n',
    "password": "[sendemail]\n\tsmtpPass = hunter2\n",
    "token": "[github]\n\ttoken = hunter2\n",
    "helper": '[credential]\n\thelper = "!f() { echo username=me; echo password=hunter2; }; f"\n',
    "comment": "# https://me:hunter2@example.invalid\n[core]\n\tbare = false\n",
    "over two lines": '[remote "origin"]\n\turl = "https://me:hun\\\nter2@example.invalid/a.git"\n',
}


@pytest.mark.parametrize("way", SECRETS)
def test_secrets_are_gone(way: str, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(SECRETS[way])
    written = redacted(listed(file))
    assert b"hunter2" not in written.replace(b"\\\n", b"")
    keys = [line.split(b"\n")[0] for line in read_back(tmp_path, written).split(b"\0")]
    assert len(keys) == len(listed(file).split(b"\0"))


def test_what_is_no_secret_stays(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(
        '[core]\n\tbare\n\tfileMode = true\n[remote "o.r \\"i\\\\g"]\n\turl = git@example.invalid:a.git\n'
        "\turl = ssh://git@example.invalid/a.git\n\tfetch = +refs/heads/*:refs/remotes/o/*\n"
        '[alias]\n\tx = "!echo \\"a;#b\\"\\n\\tc"\n[core]\n\tpager = \n'
    )
    assert read_back(tmp_path, redacted(listed(file))) == listed(file)


values = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(value=values, section=values)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_value_is_read_back_as_it_was(value: str, section: str, tmp_path: Path) -> None:
    entry = f"a.{section.replace(chr(10), '')}.key\n{value.replace(chr(13), '')}\0".encode()
    assert read_back(tmp_path, redacted(entry)) == entry
