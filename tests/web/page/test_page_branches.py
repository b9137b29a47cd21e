from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from alignwatch.branches import NO_BRANCHES, BranchList
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import BranchState
from support.pages import VIEW, answer, reading, row

MANY = replace(
    VIEW, branches=BranchList.of(tuple(row(f"b{number:03}", BranchState.BEHIND) for number in range(120)))
)


def query_of(link: str) -> str:
    return urlsplit(link).query


def test_each_branch_is_a_row() -> None:
    table = reading().table("All 6")
    assert table.rows[1] == {
        "Branch": "bolt/a",
        "Repository": "app",
        "Target": "main",
        "State": "✕conflicting",
        "Ahead": "3",
        "Behind": "40",
        "Conflicts": "7",
        "Unsaved": "3",
        "Last commit": "2 d ago",
    }
    assert table.rows[-1]["Ahead"] == table.rows[-1]["Last commit"] == "?unknown"


def test_the_first_to_align_are_those_of_the_ranking_with_their_reasons() -> None:
    table = reading().table("The first of those that are behind")
    assert table.column("Branch")[0] == "bolt/a"
    assert "40 behind, would conflict in 7 files" in table.rows[0]["Why"]
    assert set(table.column("State")) == {"✕conflicting", "•clean", "!behind"}
    assert "Align next" not in reading(replace(VIEW, branches=NO_BRANCHES)).text


def test_the_furthest_behind_come_first_and_the_table_says_so() -> None:
    table = reading().table("All 6")
    assert table.column("Behind") == ["120", "40", "9", "0", "0", "?unknown"]
    assert table.sorts == {"Behind": "descending"}


@pytest.mark.parametrize(
    ("column", "first", "sort", "turned"),
    [
        ("Branch", "bolt/a", "ascending", "topic"),
        ("State", "main", "ascending", "lost"),
        ("Ahead", "bolt/b", "descending", "lost"),
        ("Conflicts", "bolt/a", "descending", None),
        ("Unsaved", "bolt/a", "descending", None),
        ("Last commit", "fix", "ascending", "lost"),
    ],
)
def test_a_column_sorts_by_itself_and_the_other_way_round(
    column: str, first: str, sort: str, turned: str | None
) -> None:
    sorted_ = reading(query=query_of(reading().links[column]))
    table = sorted_.table("All 6")
    assert (table.rows[0]["Branch"], table.sorts) == (first, {column: sort})
    reversed_ = reading(query=query_of(sorted_.links[column])).table("All 6")
    assert reversed_.column("Branch") == table.column("Branch")[::-1]
    assert turned in (None, reversed_.rows[0]["Branch"])
    assert set(reversed_.sorts.values()) == {"ascending", "descending"} - {sort}
    back = reading(query=query_of(reading(query=query_of(sorted_.links[column])).links[column]))
    assert back.table("All 6").rows == table.rows


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=behind", ["fix"]),
        ("repository=lib", ["topic"]),
        ("family=bolt", ["bolt/a", "bolt/b"]),
        ("author=bot", ["fix"]),
        ("unsaved=true", ["bolt/a"]),
        ("branch=ol", ["bolt/a", "bolt/b"]),
        ("branch=*t*", ["bolt/a", "bolt/b", "lost", "topic"]),
        ("branch=t*", ["topic"]),
        # As a form sends it in which only one thing was chosen.
        ("branch=&repository=app&target=&family=&state=merged&author=", ["main"]),
    ],
)
def test_a_form_filters(query: str, expected: list[str]) -> None:
    page = reading(query=f"{query}&sort=name")
    assert page.table(f"All {len(expected)} that match, out of 6").column("Branch") == expected
    assert page.links["Show all"] == "/#branches"


def test_the_form_offers_what_there_is() -> None:
    options = reading().options
    assert options["repository"] == ["", "app", "lib"]
    assert options["family"] == ["", "bolt", "fix", "lost", "main", "topic"]
    assert options["state"] == ["", *BranchState]
    assert "target" not in options


def test_the_form_keeps_what_was_asked_for() -> None:
    page = answer(query="state=behind&sort=age&order=desc&unsaved=true&branch=x%22y").body.decode()
    assert '<option value="behind" selected>' in page
    assert '<input type="hidden" name="sort" value="age">' in page
    assert '<input type="hidden" name="order" value="desc">' in page
    assert 'value="true" checked' in page
    assert 'name="branch" id="by-branch" value="x&quot;y"' in page


def test_pages_lead_forth_and_back() -> None:
    first = reading(MANY)
    assert first.table("1 to 50 of 120").column("Branch")[0] == "b000"
    assert "Previous" not in first.links
    second = reading(MANY, query_of(first.links["Next"]))
    third = reading(MANY, query_of(second.links["Next"]))
    assert third.table("101 to 120 of 120").column("Branch")[-1] == "b119"
    assert "Next" not in third.links
    assert reading(MANY, query_of(third.links["Previous"])).tables == second.tables
    assert reading(MANY, query_of(second.links["Previous"])).tables == first.tables


def test_a_page_keeps_filter_and_sorting_and_another_sorting_starts_again() -> None:
    page = reading(MANY, "branch=b&sort=name&order=desc&offset=50")
    assert page.table("51 to 100 of 120").column("Branch")[0] == "b069"
    assert query_of(page.links["Next"]) == "branch=b&sort=name&order=desc&offset=100"
    assert query_of(page.links["Ahead"]) == "branch=b&sort=ahead"


def test_a_page_beyond_the_end_leads_back() -> None:
    page = reading(MANY, "offset=5000")
    assert "No branch is like that." in page.text
    assert query_of(page.links["Previous"]) == "offset=70"


@pytest.mark.parametrize(("limit", "shown"), [("0", 1), ("7", 7), ("999999999", 500)])
def test_the_length_of_a_page_is_bounded(limit: str, shown: int) -> None:
    many = replace(MANY, branches=BranchList.of(MANY.branches.rows * 5))
    assert len(reading(many, f"limit={limit}").table(f"1 to {shown} of 600").rows) == shown


def test_before_any_branch_is_known() -> None:
    assert "None has been looked at yet." in reading(replace(VIEW, branches=NO_BRANCHES)).text


def test_one_repository_needs_no_column() -> None:
    alone = replace(VIEW, settings=Settings(repositories=(Repository(path="/srv/app"),)))
    page = reading(alone)
    assert all("Repository" not in row for row in page.table("All 6").rows)
    assert "repository" not in page.options


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("sort=colour", "sort: one of"),
        ("offset=-1", "offset: a whole number"),
        ("colour=red", "no parameter 'colour'"),
        ("sort=age&sort=name", "given more than once"),
    ],
)
def test_a_wrong_parameter_is_refused(query: str, problem: str) -> None:
    refused = answer(query=query)
    assert refused.status == 400
    assert refused.content_type.startswith("text/plain")
    assert problem in refused.body.decode()
