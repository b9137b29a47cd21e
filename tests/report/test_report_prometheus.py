import json
from collections.abc import Callable
from typing import TypeVar

import pytest

from alignwatch.errors import AlignwatchError
from alignwatch.report.prometheus import Prometheus, Sample, Value, promql_duration
from alignwatch.report.window import Window
from alignwatch.servers.http import Client
from alignwatch.settings import Server
from support.far_end import Answer, far_end

WINDOW = Window(0, 90)


T = TypeVar("T")


def asked(answer: dict[str, object], ask: Callable[[Prometheus], T], warnings: list[str]) -> T:
    body = json.dumps(answer).encode()
    with (
        far_end(lambda request: Answer(body)) as server,
        Client("Prometheus", "report.prometheus", server.url, Server(), 10) as client,
    ):
        return ask(Prometheus(client, warnings.append))


def vector(*values: str, **others: object) -> dict[str, object]:
    result = [
        {"metric": {"__name__": "m", "n": str(n)}, "value": [1.5, value]} for n, value in enumerate(values)
    ]
    return {"status": "success", "data": {"resultType": "vector", "result": result}, **others}


def test_what_is_not_finite_is_left_out() -> None:
    found = asked(vector("NaN", "7", "+Inf", "-Inf"), lambda one: one.instant("m", 1), [])
    assert found == [Value({"n": "1"}, 7)]
    values = [[1, "NaN"], [2, "3.5"], [3, "+Inf"]]
    matrix = [{"metric": {}, "values": values}, {"metric": {}, "values": values[:1]}]
    (series,) = asked({"status": "success", "data": {"result": matrix}}, lambda one: one.raw("m", WINDOW), [])
    assert series.samples == (Sample(2, 3.5),)


def test_no_data_is_no_number() -> None:
    assert asked(vector(), lambda one: one.number("m", 1), []) is None


def test_warnings_and_infos_are_told_once() -> None:
    warnings: list[str] = []
    answer = vector(warnings=["a store\n did not answer"], infos=["is no counter"])
    asked(answer, lambda one: (one.instant("m", 1), one.instant("m", 1)), warnings)
    assert warnings == ["Prometheus: a store did not answer", "Prometheus: is no counter"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            {"status": "error", "errorType": "timeout", "error": "query timed out"},
            "with an error: query timed out",
        ),
        ({"status": "success"}, "answers /api/v1/query with an error"),
        ({"status": "fine", "data": {}}, "does not answer /api/v1/query as it should"),
        ({"status": "success", "data": {"result": [1.5, "7"]}}, "does not answer /api/v1/query as it should"),
        (vector("seven"), "gives a value that is no number (could not convert string to float: 'seven')"),
    ],
)
def test_nonsense_is_one_clear_line(answer: dict[str, object], message: str) -> None:
    with pytest.raises(AlignwatchError) as caught:
        asked(answer, lambda one: one.instant("m", 1), [])
    assert message in str(caught.value)


@pytest.mark.parametrize(("seconds", "text"), [(90, "90000ms"), (0.0015, "2ms"), (604_800, "604800000ms")])
def test_durations(seconds: float, text: str) -> None:
    assert promql_duration(seconds) == text
