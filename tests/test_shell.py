import os
import subprocess

import pytest

from alignwatch.shell import typed, word

NAMES = [
    b"topic",
    b"",
    b"-x",
    b"it's $(touch made); `touch made` && echo !x",
    b'"\\n" * ? [a] {a,b} ~ # %',
    b"caf\xe9'\\",
    "turned\u202eround\u2028\x85 naïve".encode(),
    b"\n\t\x1b[31m1",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_reads_the_name_that_is_meant(name: bytes) -> None:
    told = word(os.fsdecode(name))
    assert told.isprintable()
    said = subprocess.run(["bash", "-c", f"printf %s {told}"], capture_output=True, check=True)
    assert said.stdout == name


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_that_knows_less_runs_nothing_of_it(name: bytes) -> None:
    told = word(os.fsdecode(name))
    said = subprocess.run(["dash", "-c", f"printf '<%s>' {told}"], capture_output=True, check=True)
    assert (said.stdout.count(b"<"), said.stderr) == (1, b"")


def test_half_a_character_is_no_fault() -> None:
    assert word("\ud800") == r"$'\357\277\275'"


def test_a_command_is_its_words() -> None:
    assert typed(("git", "-C", "/a b", "log", "")) == "git -C '/a b' log ''"
