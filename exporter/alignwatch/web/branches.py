"""``GET /api/v1/branches``: all rows, or those that are asked for.

| parameter                                   | meaning                                                  |
|---------------------------------------------|----------------------------------------------------------|
| ``repository``, ``target``, ``family``, ``state`` | only these; each may be given more than once       |
| ``author=person|bot``                       | only those whose last commit is by one                   |
| ``branch``                                  | only names that match, as the shell matches; likewise    |
| ``unsaved=true``                            | only those with commits that are nowhere else            |
| ``sort``, ``order=asc|desc``                | one of ``alignwatch.branches.SORTS``; default: git's order |
| ``limit``, ``offset``                       | a page of them                                           |
"""

from collections.abc import Iterable

from alignwatch.branches import SORTS, BranchList, Filter, Row, select
from alignwatch.snapshot import Author, BranchState
from alignwatch.web.answer import Answer, Question
from alignwatch.web.listing import Given, Parameters, answer_list

_REPEATED = {
    "repository": "repositories",
    "target": "targets",
    "family": "families",
    "state": "states",
    "author": "authors",
    "branch": "patterns",
}
_CHOICES = {
    "state": tuple(BranchState),
    "author": tuple(Author),
    "unsaved": ("true", "false"),
    "sort": SORTS,
    "order": ("asc", "desc"),
}
PARAMETERS = Parameters(tuple(_REPEATED), ("unsaved", "sort", "order"), _CHOICES)


def answer_branches(branches: BranchList, question: Question) -> Answer:
    """The rows that are asked for, as :mod:`alignwatch.web.listing` answers."""
    return answer_list(branches, question, PARAMETERS, lambda given: select_rows(branches.rows, given))


def select_rows(rows: Iterable[Row], given: Given) -> list[Row]:
    """The rows that the parameters ask for."""
    named = {field: tuple(given.get(name, ())) for name, field in _REPEATED.items()}
    wanted = Filter(**named, unsaved=given.get("unsaved") == ["true"])
    if "sort" not in given:
        passing = [row for row in rows if wanted.passes(row)]
        return passing[::-1] if given.get("order") == ["desc"] else passing
    return select(rows, wanted, given["sort"][0], reverse=given.get("order") == ["desc"])
