import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest

from alignwatch.report import wording
from alignwatch.report.document import Chart, Line
from alignwatch.report.html.charts import draw

START = 1_768_219_200.0
SVG = {"svg": "http://www.w3.org/2000/svg"}


def chart(*lines: Line, step: int = 3600, **changes: object) -> Chart:
    moments = [START + step * number for number in range(len(lines[0].values))]
    known = {"name": "c", "title": "t", "says": "s", "wording": wording.count, "step": step}
    return Chart(moments=moments, lines=lines, **{**known, **changes})  # type: ignore[arg-type]


def drawn(one: Chart) -> ET.Element:
    return ET.fromstring(draw(one, "a b"))


def elements(root: ET.Element, tag: str, within: str) -> list[ET.Element]:
    """Those of a tag in all groups of a class."""
    groups = [one for one in root.iter() if within in one.get("class", "").split()]
    return [one for group in groups for one in group.iter() if one.tag.rpartition("}")[2] == tag]


def texts(root: ET.Element, axis: str) -> list[str]:
    """The labels of an axis."""
    group = next(one for one in root.iter() if one.get("class", "").startswith(f"axis {axis}"))
    return ["".join(one.itertext()).rstrip("\N{ZERO WIDTH SPACE}") for one in group.iter() if one.text]


def bars(*values: Sequence[float | None]) -> Chart:
    lines = [Line(f"k{number}", f"n{number}", one) for number, one in enumerate(values)]
    return chart(*lines, form="bars")


def test_a_bar_for_each_part_and_none_for_what_is_unknown_or_0() -> None:
    root = drawn(bars([1, 2, None, 4], [0, 5, None, 1]))
    assert len(elements(root, "rect", "key-k0")) == 3
    assert len(elements(root, "rect", "key-k1")) == 2


def test_bars_stand_on_each_other() -> None:
    root = drawn(bars([2, 2], [3, 3]))
    lower, upper = (elements(root, "rect", f"key-k{number}")[0] for number in range(2))
    assert float(upper.attrib["y"]) + float(upper.attrib["height"]) == pytest.approx(
        float(lower.attrib["y"]), abs=0.2
    )
    ratio = float(upper.attrib["height"]) / float(lower.attrib["height"])
    assert ratio == pytest.approx(1.5, abs=0.02)


@pytest.mark.parametrize("logarithmic", [False, True])
def test_a_line_has_gaps_and_a_point_alone_is_seen(logarithmic: bool) -> None:
    values = [1.0, 2.0, None, 50.0, None, 3.0, 4.0]
    root = drawn(chart(Line("k", "n", values), wording=wording.seconds, logarithmic=logarithmic))
    paths = [
        one
        for one in elements(root, "path", "key-k")
        if len(re.findall(r"[\d.]+ [\d.]+", one.get("d", ""))) > 1
    ]
    assert len(paths) == 2
    assert len(elements(root, "circle", "key-k")) == 5


def test_a_threshold_is_a_line_without_points() -> None:
    limit = Line("limit", "threshold", [7.0] * 3, limit=True)
    root = drawn(chart(Line("k", "n", [1.0, 2.0, 3.0]), limit))
    assert elements(root, "circle", "key-limit") == []
    (path,) = elements(root, "path", "key-limit")
    assert len({y for _, y in re.findall(r"([\d.]+) ([\d.]+)", path.attrib["d"])}) == 1


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0, 0, 0], ["0", "1"]),
        ([1, 0, 0], ["0", "1"]),
        ([7, 3, 1], ["0", "2", "4", "6", "8"]),
        ([190, 207, 3], ["0", "100", "200", "300"]),
    ],
)
def test_a_scale_of_whole_and_round_numbers(values: list[float], labels: list[str]) -> None:
    assert texts(drawn(bars(values)), "y") == labels


def test_a_scale_of_times() -> None:
    lines = Line("k", "n", [0.02, 5.0, None]), Line("limit", "l", [600.0] * 3, limit=True)
    found = texts(drawn(chart(*lines, wording=wording.seconds, logarithmic=True)), "y")
    assert found == ["0.1 s", "1 s", "10 s", "1 min", "10 min"]


def test_few_moments_are_labelled_and_the_last_is() -> None:
    hours = texts(drawn(bars([1.0] * 25)), "x")
    assert len(hours) == 5
    assert hours[-1] == "12:00"
    days = texts(drawn(chart(Line("k", "n", [1.0] * 31), step=86400)), "x")
    assert days[-1] == "11 Feb"
    assert texts(drawn(bars([1.0, 2.0])), "x") == ["12:00", "13:00"]


def test_only_the_page_s_style_applies() -> None:
    root = drawn(bars([1.0] * 9, [2.0] * 9))
    assert root.attrib["aria-labelledby"] == "a b"
    for one in root.iter():
        assert one.tag.rpartition("}")[2] in ("svg", "g", "path", "rect", "circle", "text")
        assert not {"style", "id", "fill", "stroke", "onclick"} & one.attrib.keys()
    assert len(draw(bars([1.0] * 31, [2.0] * 31), "a b")) < 12_000


def test_labels_are_data() -> None:
    root = drawn(chart(Line("k", "n", [1.0, 2.0]), wording=lambda _: "<script>&"))
    assert texts(root, "y")[0] == "<script>&"
