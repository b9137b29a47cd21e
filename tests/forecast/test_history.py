from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignwatch.forecast.history import History
from alignwatch.snapshot import Branch, BranchState, Earlier
from support.files import version
from support.readings import branch

REPOSITORY = Path("/srv/app")
DAY = 20_000


def standing(name: str, files: int | None, behind: int | None = 5) -> Branch:
    return replace(branch(name, BranchState.CONFLICTING, 1, behind), conflict_files=files)


def test_the_first_day_has_nothing_to_compare_with(tmp_path: Path) -> None:
    history = History(REPOSITORY, tmp_path / "cache")
    assert history.note([standing("a", 3)], DAY) == {}
    assert history.note([standing("a", 9)], DAY) == {}
    assert history.note([standing("a", 9)], DAY + 1) == {"a": Earlier(1, 3, 5)}, "the first of the day counts"


def test_a_week_ago_or_the_last_day_before_it_or_else_the_first(tmp_path: Path) -> None:
    history = History(REPOSITORY, tmp_path)
    for day in range(10):
        history.note([standing("daily", day), *([standing("late", day)] if day > 6 else [])], DAY + day)
    assert history.recall(DAY + 9) == {"daily": Earlier(7, 2, 5), "late": Earlier(2, 7, 5)}
    assert history.recall(DAY + 18) == {"daily": Earlier(9, 9, 5), "late": Earlier(9, 9, 5)}
    assert history.recall(DAY + 9 + 14) == {}, "two weeks ago is no week ago"


def test_it_is_written_once_a_day(tmp_path: Path) -> None:
    history = History(REPOSITORY, tmp_path)
    history.note([standing("a", 3), standing("b", None), standing("c", 1, None)], DAY)
    (file,) = tmp_path.iterdir()
    before = version(file)
    history.note([standing("a", 4), standing("b", None)], DAY)
    assert version(file) == before
    history.note([standing("a", 4), standing("b", 1)], DAY)
    assert version(file) != before, "what has become known"


def test_a_branch_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    history = History(REPOSITORY, tmp_path)
    history.note([standing("a", 3), standing("b", 1)], DAY)
    assert set(history.note([standing("a", 3)], DAY + 1)) == {"a"}
    assert set(history.note([standing("a", 3), standing("b", 1)], DAY + 2)) == {"a"}


def test_days_to_come_are_forgotten_when_the_clock_is_set_back(tmp_path: Path) -> None:
    history = History(REPOSITORY, tmp_path)
    history.note([standing("a", 3)], DAY + 300)
    assert history.note([standing("a", 4)], DAY) == {}
    assert history.note([standing("a", 4)], DAY + 1) == {"a": Earlier(1, 4, 5)}


@pytest.mark.parametrize("damage", [b"", b"\xff", b"\x81\xa1a\x91\x93\x01\x02\xa1x"])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, damage: bytes) -> None:
    history = History(REPOSITORY, tmp_path)
    history.note([standing("a", 3)], DAY)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    assert history.recall(DAY + 1) == {}
    history.note([standing("a", 4)], DAY + 1)
    assert history.recall(DAY + 2) == {"a": Earlier(1, 4, 5)}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noted=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=30))
def test_whatever_the_days_a_branch_has_two_weeks_at_most(
    noted: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("history")
    history, first_of = History(REPOSITORY, folder), dict[int, int]()
    for day, files in sorted(noted, key=lambda one: one[0]):
        first_of.setdefault(day, files)
        past = [known for known in first_of if day - 14 < known < day]
        week = [known for known in past if known <= day - 7]
        chosen = max(week) if week else min(past, default=None)
        expected = {} if chosen is None else {"a": Earlier(day - chosen, first_of[chosen], 5)}
        assert history.note([standing("a", files)], DAY + day) == expected
    for file in folder.iterdir():
        assert file.stat().st_size < 200
