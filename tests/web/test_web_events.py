import json
from http import HTTPStatus

import pytest

from alignwatch.events import EventList, event_rows
from alignwatch.journal.events import Event
from alignwatch.web.answer import Answer, Headers, Question
from alignwatch.web.events import answer_events


def event(repository: str, kind: str, branch: str) -> Event:
    return Event(repository, kind, branch, "1" * 40, None, "2" * 40, ('a"\n<b>',), 7, "why", 1_700_000_000.0)


EVENTS = EventList.of(
    tuple(
        event_rows(
            [
                event("app", "emptied", "main"),
                event("app", "work_lost", "bolt/a"),
                event("lib", "rewound", "main"),
            ]
        )
    )
)


def ask(query: str = "", **headers: str) -> Answer:
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return answer_events(EVENTS, Question(Headers(lines), query))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["emptied", "work_lost", "rewound"]),
        ("repository=app", ["emptied", "work_lost"]),
        ("event=rewound&event=emptied", ["emptied", "rewound"]),
        ("branch=bolt/*", ["work_lost"]),
        ("branch=main&repository=lib", ["rewound"]),
        ("event=no_such", []),
        ("limit=1&offset=1", ["work_lost"]),
    ],
)
def test_filters_and_pages(query: str, found: list[str]) -> None:
    answer = ask(query)
    assert answer.status is HTTPStatus.OK
    assert [row["event"] for row in json.loads(answer.body)] == found


def test_an_event_is_told_whole() -> None:
    (row,) = json.loads(ask("event=emptied").body)
    assert row == {
        "repository": "app",
        "event": "emptied",
        "branch": "main",
        "tip_before": "1" * 40,
        "tip_after": None,
        "commit": "2" * 40,
        "paths": ['a"\n<b>'],
        "path_count": 7,
        "detail": "why",
        "seen": "2023-11-14T22:13:20Z",
    }


def test_what_the_client_has_already_is_not_sent_again_and_a_wrong_parameter_is_named() -> None:
    answer = ask(if_none_match=ask().headers["ETag"])
    assert (answer.status, answer.body) == (HTTPStatus.NOT_MODIFIED, b"")
    assert b"no parameter 'kind'" in ask("kind=emptied").body
