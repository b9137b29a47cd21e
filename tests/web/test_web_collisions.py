import json
from http import HTTPStatus

import pytest

from alignwatch.collisions import CollisionList, collision_rows
from alignwatch.snapshot import Collision, CollisionsReading
from alignwatch.web.answer import Answer, Headers, Question
from alignwatch.web.collisions import answer_collisions

HOSTILE = '<b>"x"'
READING = CollisionsReading(
    {}, (Collision("bolt/a", "bolt/b", "main", 2), Collision("bolt/b", HOSTILE, "main", 1)), 5, 0, 0
)
COLLISIONS = CollisionList.of((*collision_rows("app", READING), *collision_rows("lib", READING)))


def ask(query: str = "", **headers: str) -> Answer:
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return answer_collisions(COLLISIONS, Question(Headers(lines), query))


def pairs(answer: Answer) -> list[tuple[str, str, str]]:
    assert answer.status is HTTPStatus.OK, answer.body
    return [(row["repository"], row["branch"], row["other"]) for row in json.loads(answer.body)]


A_B, B_X = ("bolt/a", "bolt/b"), ("bolt/b", HOSTILE)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [("app", *A_B), ("app", *B_X), ("lib", *A_B), ("lib", *B_X)]),
        ("repository=lib", [("lib", *A_B), ("lib", *B_X)]),
        ("branch=bolt/a", [("app", *A_B), ("lib", *A_B)]),
        ("branch=*%22&repository=app", [("app", *B_X)]),
        ("branch=none", []),
        ("limit=1&offset=2", [("lib", *A_B)]),
    ],
)
def test_either_branch_of_a_pair_may_match(query: str, found: list[tuple[str, str, str]]) -> None:
    assert pairs(ask(query)) == found


def test_a_row_says_where_both_would_land_and_in_how_many_files_they_conflict() -> None:
    assert json.loads(ask("limit=1").body) == [
        {
            "repository": "app",
            "target": "main",
            "branch": "bolt/a",
            "other": "bolt/b",
            "conflict_files": 2,
        }
    ]


def test_what_the_client_has_already_is_not_sent_again() -> None:
    answer = ask()
    assert ask(if_none_match=answer.headers["ETag"]).status is HTTPStatus.NOT_MODIFIED
    assert answer.headers["X-Total-Count"] == "4"


@pytest.mark.parametrize("query", ["state=merged", "limit=-1", "limit=1&limit=2"])
def test_a_wrong_parameter_is_refused(query: str) -> None:
    assert ask(query).status is HTTPStatus.BAD_REQUEST
