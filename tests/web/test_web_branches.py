import json
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from alignwatch.branches import BranchList, rows_of
from alignwatch.drift import with_unsaved
from alignwatch.snapshot import Author
from alignwatch.web.answer import Answer, Headers, Question
from alignwatch.web.branches import answer_branches
from support.readings import DIVERGENCE, UNSAVED

_AUTHORS = {"bolt/a": Author.BOT, "bolt/b": Author.PERSON}
_READING = replace(
    DIVERGENCE, branches=tuple(replace(one, author=_AUTHORS.get(one.name)) for one in DIVERGENCE.branches)
)
BRANCHES = BranchList.of((*rows_of("app", _READING), *rows_of("lib", _READING)))
ALL = ["main", "bolt/a", "bolt/b", "bolt/c", 'fix/"quoted"\\'] * 2


def ask(query: str = "", **headers: str) -> Answer:
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return answer_branches(BRANCHES, Question(Headers(lines), query))


def names(answer: Answer) -> list[str]:
    assert answer.status is HTTPStatus.OK, answer.body
    return [row["branch"] for row in json.loads(answer.body)]


def test_without_parameters_all_of_them() -> None:
    answer = ask()
    assert names(answer) == ALL
    assert answer.headers["X-Total-Count"] == "10"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("repository=lib&state=merged", ["main"]),
        ("state=merged&state=orphan&repository=app", ["main", 'fix/"quoted"\\']),
        ("family=bolt&repository=app&sort=behind", ["bolt/a", "bolt/b", "bolt/c"]),
        ("family=bolt&repository=app&sort=name&order=desc", ["bolt/c", "bolt/b", "bolt/a"]),
        ("branch=fix/*&repository=app", ['fix/"quoted"\\']),
        (f"branch={quote(chr(34))}*", []),
        ("target=other", []),
        ("author=bot&repository=app", ["bolt/a"]),
        ("author=bot&author=person&repository=app&sort=name", ["bolt/a", "bolt/b"]),
        ("order=desc&repository=app&family=bolt", ["bolt/c", "bolt/b", "bolt/a"]),
    ],
)
def test_filters_and_order(query: str, found: list[str]) -> None:
    assert names(ask(query)) == found


def test_a_page_says_how_many_there_are_and_where_the_next_one_is() -> None:
    answer = ask("family=bolt&limit=2&offset=2")
    assert names(answer) == ["bolt/c", "bolt/a"]
    assert answer.headers["X-Total-Count"] == "6"
    assert answer.headers["Link"] == (
        '<?family=bolt&limit=2&offset=0>; rel="prev", <?family=bolt&limit=2&offset=4>; rel="next"'
    )
    assert "Link" not in ask("limit=10").headers
    assert names(ask("limit=0")) == []


@given(st.integers(1, 12))
def test_pages_together_are_the_whole(limit: int) -> None:
    seen: list[str] = []
    query: str | None = f"limit={limit}&offset=0&sort=ahead"
    while query is not None:
        answer = ask(query)
        seen += names(answer)
        links = [link for link in answer.headers.get("Link", "").split(", ") if 'rel="next"' in link]
        query = links[0].partition("?")[2].partition(">")[0] if links else None
    assert seen == names(ask("sort=ahead"))


def test_what_the_client_has_already_is_not_sent_again() -> None:
    tag = ask().headers["ETag"]
    for given_tag in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = ask("sort=age", if_none_match=given_tag)
        assert (answer.status, answer.body) == (HTTPStatus.NOT_MODIFIED, b"")
    assert ask(if_none_match='"other"').status is HTTPStatus.OK
    assert BranchList.of(BRANCHES.rows[:1]).version != BRANCHES.version


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("stat=merged", "no parameter 'stat'; there are repository, target"),
        ("state=mergd", "state: one of merged, aligned"),
        ("sort=size", "sort: one of behind, ahead"),
        ("limit=-1", "limit: a whole number from 0"),
        ("limit=" + "9" * 5000, "limit: a whole number from 0"),
        ("offset=\u0663", "offset: a whole number from 0"),
        ("limit=1&limit=2", "limit: given more than once"),
        ("&".join(["state=merged"] * 101), "more than 100 parameters"),
    ],
)
def test_a_wrong_parameter_is_named(query: str, words: str) -> None:
    answer = ask(query)
    assert answer.status is HTTPStatus.BAD_REQUEST
    assert words in answer.body.decode()


def test_only_those_with_unsaved_work() -> None:
    rows = rows_of("app", with_unsaved(DIVERGENCE, UNSAVED))
    rows[0] = structs.replace(rows[0], unsaved=0)
    listed = BranchList.of(tuple(rows))
    assert names(answer_branches(listed, Question(Headers([]), "unsaved=true"))) == ALL[1:5]
    assert names(answer_branches(listed, Question(Headers([]), "unsaved=false"))) == ALL[:5]
    assert ask("unsaved=yes").body == b"unsaved: one of true, false\n"
