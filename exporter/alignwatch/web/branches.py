"""``GET /api/v1/branches``: all rows, or those that are asked for.

| parameter                                   | meaning                                                  |
|---------------------------------------------|----------------------------------------------------------|
| ``repository``, ``target``, ``family``, ``state`` | only these; each may be given more than once       |
| ``branch``                                  | only names that match, as the shell matches; likewise    |
| ``sort``, ``order=asc|desc``                | one of ``alignwatch.branches.SORTS``; default: git's order |
| ``limit``, ``offset``                       | a page of them                                           |

``X-Total-Count`` says how many rows there are without ``limit`` and ``offset``, ``Link`` where the next
and the previous page are, and ``ETag`` changes with the list.
"""

import re
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

import msgspec

from alignwatch.branch_list import BranchList
from alignwatch.branches import SORTS, Filter, Row, select
from alignwatch.snapshot import BranchState
from alignwatch.web.answer import Answer, Question, json, text

_REPEATED = {
    "repository": "repositories",
    "target": "targets",
    "family": "families",
    "state": "states",
    "branch": "patterns",
}
_CHOICES = {"state": tuple(BranchState), "sort": SORTS, "order": ("asc", "desc")}
_NUMBERS = ("limit", "offset")
_PARAMETERS = (*_REPEATED, "sort", "order", *_NUMBERS)
_MOST_PARAMETERS = 100
_NUMBER = re.compile(r"[0-9]{1,9}")


class _UnfitError(Exception):
    """A parameter that cannot be used; the message says which and what could."""


def answer_branches(branches: BranchList, question: Question) -> Answer:
    """The rows that are asked for; 304 where the client has them already, 400 for a wrong parameter."""
    headers = {"ETag": f'"{branches.version}"', "Cache-Control": "no-cache"}
    if _has_already(branches, question.headers.get(b"if-none-match")):
        return Answer(HTTPStatus.NOT_MODIFIED, "application/json", b"", headers)
    try:
        given = _parse(question.query)
    except _UnfitError as error:
        return text(HTTPStatus.BAD_REQUEST, str(error))
    if not given:
        return json(branches.encoded, {**headers, "X-Total-Count": str(len(branches.rows))})
    rows = _select(branches, given)
    offset, limit = _number(given, "offset", 0), _number(given, "limit", len(rows))
    headers |= {"X-Total-Count": str(len(rows)), **_links(given, offset, limit, len(rows))}
    return json(msgspec.json.encode(rows[offset : offset + limit]), headers)


def _has_already(branches: BranchList, if_none_match: str) -> bool:
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in ("*", f'"{branches.version}"') for tag in tags)


def _parse(query: str) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise _UnfitError(f"more than {_MOST_PARAMETERS} parameters") from None
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in _PARAMETERS:
            raise _UnfitError(f"no parameter {name!r}; there are {', '.join(_PARAMETERS)}")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise _UnfitError(f"{name}: one of {', '.join(_CHOICES[name])}")
        if name in _NUMBERS and not _NUMBER.fullmatch(value):
            raise _UnfitError(f"{name}: a whole number from 0 to 999999999")
        if name in given and name not in _REPEATED:
            raise _UnfitError(f"{name}: given more than once")
        given.setdefault(name, []).append(value)
    return given


def _select(branches: BranchList, given: dict[str, list[str]]) -> list[Row]:
    wanted = Filter(**{field: tuple(given.get(name, ())) for name, field in _REPEATED.items()})
    if "sort" not in given:
        rows = [row for row in branches.rows if wanted.passes(row)]
        return rows[::-1] if given.get("order") == ["desc"] else rows
    return select(branches.rows, wanted, given["sort"][0], reverse=given.get("order") == ["desc"])


def _number(given: dict[str, list[str]], name: str, default: int) -> int:
    return int(given[name][0]) if name in given else default


def _links(given: dict[str, list[str]], offset: int, limit: int, total: int) -> dict[str, str]:
    if "limit" not in given or limit == 0:
        return {}
    starts = {"prev": max(0, offset - limit) if offset else None}
    starts["next"] = offset + limit if offset + limit < total else None
    links = [
        f'<?{urlencode({**given, "offset": [str(start)]}, doseq=True)}>; rel="{rel}"'
        for rel, start in starts.items()
        if start is not None
    ]
    return {"Link": ", ".join(links)} if links else {}
