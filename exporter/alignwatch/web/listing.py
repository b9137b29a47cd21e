"""What the lists of the API have in common: parameters, pages, and that nothing is sent twice.

``X-Total-Count`` says how many rows there are without ``limit`` and ``offset``, ``Link`` where the next
and the previous page are, and ``ETag`` changes with the list. A parameter that is wrong gets 400.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

import msgspec

from alignwatch.row_list import RowList, T
from alignwatch.web.answer import Answer, Question, json, text

_NUMBERS = ("limit", "offset")
_MOST_PARAMETERS = 100
_NUMBER = re.compile(r"[0-9]{1,9}")

Given = dict[str, list[str]]
"""The parameters of a request; none has no value."""


class UnfitError(Exception):
    """A parameter that cannot be used; the message says which and what could."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a list may be asked for, besides a page of it."""

    repeated: Sequence[str]
    """These may be given more than once."""
    single: Sequence[str] = ()
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Those that take only some values."""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.repeated, *self.single, *_NUMBERS)


def answer_list(
    listed: RowList[T], question: Question, parameters: Parameters, select: Callable[[Given], Sequence[T]]
) -> Answer:
    """The rows that are asked for; 304 where the client has them already, 400 for a wrong parameter.

    Args:
        listed: all of them.
        question: the request.
        parameters: that the list knows.
        select: the rows that pass, in their order.
    """
    headers = {"ETag": f'"{listed.version}"', "Cache-Control": "no-cache"}
    if has_already(listed.version, question.headers.get(b"if-none-match")):
        return Answer(HTTPStatus.NOT_MODIFIED, "application/json", b"", headers)
    try:
        given = parse(question.query, parameters)
    except UnfitError as error:
        return text(HTTPStatus.BAD_REQUEST, str(error))
    if not given:
        return json(listed.encoded, {**headers, "X-Total-Count": str(len(listed.rows))})
    rows = select(given)
    offset, limit = number(given, "offset", 0), number(given, "limit", len(rows))
    headers |= {"X-Total-Count": str(len(rows)), **_links(given, offset, limit, len(rows))}
    return json(msgspec.json.encode(rows[offset : offset + limit]), headers)


def has_already(version: str, if_none_match: str) -> bool:
    """Whether a client's ``If-None-Match`` names this version."""
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in ("*", f'"{version}"') for tag in tags)


def parse(query: str, parameters: Parameters, *, blank_counts: bool = True) -> Given:
    """The parameters of a request.

    Args:
        query: what stands behind the ``?``.
        parameters: that are known.
        blank_counts: whether one without a value is given; a form sends those that nobody filled in.

    Raises:
        UnfitError: one cannot be used.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=blank_counts, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise UnfitError(f"more than {_MOST_PARAMETERS} parameters") from None
    given: Given = {}
    for name, value in pairs:
        if name not in parameters.names:
            raise UnfitError(f"no parameter {name!r}; there are {', '.join(parameters.names)}")
        if name in parameters.choices and value not in parameters.choices[name]:
            raise UnfitError(f"{name}: one of {', '.join(parameters.choices[name])}")
        if name in _NUMBERS and not _NUMBER.fullmatch(value):
            raise UnfitError(f"{name}: a whole number from 0 to 999999999")
        if name in given and name not in parameters.repeated:
            raise UnfitError(f"{name}: given more than once")
        given.setdefault(name, []).append(value)
    return given


def number(given: Given, name: str, default: int) -> int:
    """The value of ``limit`` or ``offset``."""
    return int(given[name][0]) if name in given else default


def _links(given: Given, offset: int, limit: int, total: int) -> dict[str, str]:
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
