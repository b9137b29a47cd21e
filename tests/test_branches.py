import json

import msgspec
import pytest
from msgspec import structs

from alignwatch.branches import SORTS, Filter, Row, as_table, rows_of, select
from support.readings import DIVERGENCE, NOW

ROWS = rows_of("app", DIVERGENCE)


def names(rows: list[Row]) -> list[str]:
    return [row.branch for row in rows]


def test_the_contract_of_one_object() -> None:
    (found,) = select(ROWS, Filter(patterns=("bolt/a",)), "name")
    assert json.loads(msgspec.json.encode(found)) == {
        "repository": "app",
        "branch": "bolt/a",
        "target": "main",
        "family": "bolt",
        "state": "behind",
        "ahead": 3,
        "behind": 7,
        "tip": "1" * 40,
        "tip_time": "2023-11-14T21:13:20Z",
        "merge_base_time": "2023-11-14T21:12:20Z",
        "conflict_files": None,
        "author": None,
        "unsaved": None,
        "collisions": None,
        "conflict_growth": None,
        "remote": None,
    }


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("behind", 'fix/"quoted"\\'),
        ("ahead", "bolt/a"),
        ("conflicts", "bolt/a"),
        ("age", "bolt/b"),
        ("name", "bolt/a"),
        ("state", "main"),
    ],
)
def test_sorting_puts_the_unknown_last(sort: str, first: str) -> None:
    found = names(select(ROWS, Filter(), sort))
    assert found[0] == first
    if sort in ("behind", "ahead", "age", "state"):
        assert found[-1] == "bolt/c"


def test_every_sort_can_be_reversed() -> None:
    for sort in SORTS:
        assert len(select(ROWS, Filter(), sort, reverse=True)) == len(ROWS)


def test_filters_are_all_of_them() -> None:
    assert names(select(ROWS, Filter(families=("bolt",), states=("aligned",)), "name")) == ["bolt/b"]
    assert names(select(ROWS, Filter(repositories=("other",)), "name")) == []
    assert names(select(ROWS, Filter(targets=("main",), patterns=("fix/*", "main")), "name")) == [
        'fix/"quoted"\\',
        "main",
    ]


def test_a_table_says_what_is_unknown() -> None:
    lines = as_table(select(ROWS, Filter(), "name"), NOW).splitlines()
    assert lines[0].split() == ["BRANCH", "TARGET", "STATE", "AHEAD", "BEHIND", "CONFLICTS", "AGE"]
    assert lines[1].split() == ["bolt/a", "main", "behind", "3", "7", "?", "60", "min"]
    assert lines[3].split() == ["bolt/c", "main", "unknown", "?", "?", "?", "?"]


def test_several_repositories_are_named() -> None:
    assert as_table([*ROWS, *rows_of("lib", DIVERGENCE)], NOW).startswith("REPOSITORY")


def test_unsaved_work_can_be_asked_for_shown_and_sorted_by() -> None:
    commits = {"bolt/a": 2, "bolt/b": 7, "main": 0}
    rows = [structs.replace(row, unsaved=commits.get(row.branch)) for row in ROWS]
    assert names(select(rows, Filter(unsaved=True), "unsaved")) == ["bolt/b", "bolt/a"]
    assert names(select(rows, Filter(), "unsaved"))[:3] == ["bolt/b", "bolt/a", "main"]
    lines = as_table(select(rows, Filter(), "name"), NOW, unsaved=True).splitlines()
    assert lines[0].split()[-3:] == ["CONFLICTS", "UNSAVED", "AGE"]
    assert lines[1].split()[5:] == ["?", "2", "60", "min"]
    assert lines[3].split()[5:] == ["?", "?", "?"]
