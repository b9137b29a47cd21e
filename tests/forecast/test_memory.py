from pathlib import Path

import pytest

from alignwatch.forecast.memory import SPARE, Memory, Pair, Remembered
from alignwatch.snapshot import Verdict

REPOSITORY = Path("/srv/app")


def memory_of(repository: Path, folder: Path, question: str = "forecast") -> Memory[Remembered]:
    return Memory(question, list[Remembered], repository, folder)


def remembered(number: int) -> tuple[Pair, Remembered]:
    tip, target = f"{number:040x}", "f" * 40
    return (tip, target), Remembered(tip, target, ("0" * 40,), Verdict(number % 2 == 0, number))


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    known = dict(map(remembered, range(3)))
    memory_of(REPOSITORY, tmp_path / "cache").save(known, known)
    assert memory_of(REPOSITORY, tmp_path / "cache").load() == known
    assert memory_of(Path("/srv/other"), tmp_path / "cache").load() == {}
    assert memory_of(REPOSITORY, tmp_path / "cache", "collisions").load() == {}


@pytest.mark.parametrize("damage", [b"", b"\xff\xff", b"\x93\x01\x02\x03", b"\x91\xa1x"])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, damage: bytes) -> None:
    memory, known = memory_of(REPOSITORY, tmp_path), dict([remembered(1)])
    memory.save(known, known)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    assert memory.load() == {}
    memory.save(known, known)
    assert memory.load() == known


def test_of_what_is_no_longer_there_the_oldest_goes(tmp_path: Path) -> None:
    known = dict(map(remembered, range(SPARE + 20)))
    pairs = list(known)
    current = pairs[:5]
    memory = memory_of(REPOSITORY, tmp_path)
    memory.save(known, current)
    assert list(memory.load()) == [*current, *pairs[15:]]


def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path: Path) -> None:
    memory, known = memory_of(REPOSITORY, tmp_path), dict([remembered(1)])
    memory.save(known, known)
    (file,) = tmp_path.iterdir()
    file.unlink()
    file.mkdir()
    assert memory.load() == {}
