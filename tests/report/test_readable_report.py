"""The report that people read: through the command, against a real Prometheus."""

import base64
import hashlib
import os
import re
import sys
from pathlib import Path

import pytest

from alignwatch.cli import render_report
from support import servers
from support.history import History
from support.markup import Element, Markup
from support.reported import AT_END, END, HOSTILE
from support.terminals import run_on, terminal

SECTIONS = ["glance", "branches", "operations", "singles", "alerts", "maintenance", "machines", "missing"]


def rendered(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert render_report(options) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.fixture(scope="module")
def html(fleet: list[str], told: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    output = tmp_path_factory.mktemp("html") / "report.html"
    assert render_report([*fleet, *told, "--format", "html", "--compare", "--output", str(output)]) == 0
    return output.read_text()


def table(page: Markup, caption: str) -> dict[str, list[str]]:
    """First cell of each row -> the others."""
    (found,) = [one for one in page.all("table") if one.holds[0].text == caption]
    rows = found.all("tr")[1:]
    return {cells[0]: cells[1:] for cells in map(_cells, rows)}


def _cells(row: Element) -> list[str]:
    return [" ".join(one.text.split()) for one in row.holds if one.tag in ("th", "td")]


def figures(chart: Element) -> list[list[str]]:
    """The rows of the table below a chart."""
    return [_cells(one) for one in chart.all("tr")]


def chart(page: Markup, title: str) -> Element:
    (found,) = [one for one in page.all("figure") if one.holds[0].text == title]
    return found


def test_all_sections_in_their_order(html: str) -> None:
    page = Markup(html)
    sections = [one.attributes["id"] for one in page.all("section")]
    assert sections == [SECTIONS[0], "compared", *SECTIONS[1:]]
    links = [one.attributes["href"] for one in page.all("a") if "nav" in one.inside]
    assert links == [f"#{one}" for one in sections]
    for one in page.all("section"):
        assert page.by_id(one.attributes["aria-labelledby"]).tag == "h2"


def test_the_figures_of_the_specification(html: str) -> None:
    shown = {name: cells[0] for name, cells in table(Markup(html), "All figures of the report").items()}
    assert shown == {
        "System health": "✓ healthy",
        "Repository health": "✓ optimal",
        "Process health": "idle",
        "CPU in use": "90 %",
        "Memory in use": "2,000 MB",
        "Fullest disk": "60 %",
        "Operations": "18",
        "Average duration": "11.6 s",
        "Shortest operation": "2 s",
        "Longest operation": "45 s",
        "Success rate": "77.8 %",
        "Peak memory of an operation": "unknown",
        "Average CPU of operations": "unknown",
        "Block reads and writes": "unknown",
        "Alerts": "2",
        "Next maintenance": "2026-01-12 13:00 UTC",
        "How often": "daily",
        "Tasks": "cache cleanup",
    }


def test_branches_now_and_over_the_window_with_the_gap(html: str) -> None:
    page = Markup(html)
    assert table(page, "Branches by state at the window's end, and the change since its start")["app"] == [
        "3",
        "3 (\N{MINUS SIGN}3)",
        "5 (+3)",
        "11",
    ]
    rows = figures(chart(page, "Branches of app"))
    assert rows[0] == ["Until", "merged", "clean", "conflicting"]
    assert rows[-1] == ["12 Jan 12:00", "3", "3", "5"]
    unknown = [row for row in rows if row[1:] == ["unknown"] * 3]
    assert [row[0][-5:] for row in unknown] == ["11:26", "11:28", "11:30", "11:32", "11:34"]


def test_operations_add_up_and_long_ones_are_marked(html: str) -> None:
    page = Markup(html)
    rows = figures(chart(page, "Operations by outcome, in steps of 2 min"))
    assert rows[0] == ["Until", "success", "failed"]
    assert sum(int(one) for row in rows[1:] for one in row[1:]) == 18
    assert table(page, "By kind and repository")["rebase"] == [
        "app",
        "9",
        "✗ 2",
        "0",
        "11.6 s",
        "≈ 1.96 s",
        "≈ 45 s",
        "✗ 45 s, over",
        "30 s",
    ]
    (threshold,) = [one for one in chart(page, "Duration of rebase").holds if "key-limit" in classes(one)][:1]
    assert threshold.tag == "g"
    assert table(page, "Phases, in all repositories")["validation"][1] == "18"


def classes(element: Element) -> list[str]:
    return element.attributes.get("class", "").split()


def test_single_operations_from_the_journal_of_the_exporter(html: str) -> None:
    page = Markup(html)
    slowest = table(page, "The slowest")
    assert slowest["rebase"][:4] == [HOSTILE] * 3 + ["! conflict"]
    failed = "The newest that failed, met a conflict, or that git does not confirm"
    assert len(page.all("caption")) > 5
    assert table(page, failed)["rebase"][4:] == ["40 s", "9 s", "2026-01-12 11:30 UTC"]
    assert "From the journal of the exporter here:9847." in page.by_id("singles").text


def test_alerts_with_their_story(html: str) -> None:
    page = Markup(html)
    kinds = table(page, "By alert")
    assert list(kinds) == ["AlignmentRepositoryCorrupt", "AlignmentBranchesBehind"]
    assert kinds["AlignmentBranchesBehind"][:4] == ["! warning", "1", "30 min", "2026-01-12 11:10 UTC"]
    stories = table(page, "The stories, the newest first")
    assert stories["AlignmentRepositoryCorrupt✗ critical"] == [
        f"instance=here:9847, repository={HOSTILE}",
        "2026-01-12 11:50 UTC",
        "10 min! still firing",
        f"{HOSTILE}: fires, 12 Jan 11:50",
        "✓ sent",
    ]
    assert stories["AlignmentBranchesBehind! warning"][2:] == [
        "30 minuntil 2026-01-12 11:40 UTC",
        "nobody",
        "! unknown",
    ]


def test_maintenance_runs_and_what_is_next(html: str) -> None:
    assert table(Markup(html), "Tasks, at the window's end")["cache_cleanup"] == [
        "here:9847",
        "daily",
        "2026-01-12 13:00 UTC",
        "1 ✗ failed1 ✓ success",
        "2026-01-12 11:30 UTC",
        "12 s",
        "2.9 MiB",
    ]


def test_machines_beside_their_thresholds(html: str) -> None:
    page = Markup(html)
    said = page.by_id("machine-cpu-says").text
    assert said == "A line from 50 % to 90 %. The threshold is 80 %."
    assert "unknown" in [row[1] for row in figures(chart(page, "Processors in use"))]
    assert page.by_id("machine-memory-says").text.endswith(
        "The threshold is 85 %. The critical threshold is 97 %."
    )


def test_what_got_better_or_worse(html: str) -> None:
    compared = table(Markup(html), "Before and now")
    assert compared["Failed operations"] == ["0", "4", "+4 ✗ worse"]
    assert compared["Operations"] == ["8", "18", "+10"]
    assert compared["Success rate"] == ["100 %", "77.8 %", "\N{MINUS SIGN}22.2 points ✗ worse"]
    assert compared["Branches behind"] == ["16", "16", "about the same"]
    assert compared["Share that would conflict"] == ["25 %", "62.5 %", "+37.5 points ✗ worse"]
    assert compared["Peak memory"] == ["unknown", "unknown", "unknown"]
    assert compared["System"] == ["healthy", "healthy", "about the same"]


def test_nothing_runs_and_nothing_comes_from_elsewhere(html: str) -> None:
    page = Markup(html)
    assert page.all("script") == page.all("link") == page.all("img") == page.all("iframe") == []
    assert page.from_elsewhere == []
    (style,) = page.all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    (policy,) = [
        one.attributes["content"]
        for one in page.all("meta")
        if one.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy == (f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
    assert re.findall(r"https?://[^\s\"'<)]+", html.replace("http://www.w3.org/2000/svg", "")) == []


def test_hostile_names_stay_text(html: str) -> None:
    page = Markup(html)
    assert "{{7*7}}" in page.by_id("branches").text
    assert "49" not in page.by_id("singles").text
    names = [one for one in page.all("bdi") if HOSTILE in one.text]
    assert len(names) > 10
    assert all(one.holds == [] for one in names)


def test_tables_and_charts_say_what_they_are(html: str) -> None:
    page = Markup(html)
    ids = [one.attributes["id"] for one in page.elements if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    for one in page.all("table"):
        assert one.holds[0].tag == "caption"
        assert one.holds[0].text.strip()
        assert {cell.attributes.get("scope") for cell in one.all("th")} == {"col", "row"}
    charts = page.all("svg")
    assert len(charts) == 7
    for one in charts:
        assert one.attributes["role"] == "img"
        name, says = map(page.by_id, one.attributes["aria-labelledby"].split())
        assert name.tag == "figcaption"
        assert says.text
    assert len(page.all("details")) == len(charts)


def test_the_same_as_text(fleet: list[str], told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    text = rendered(capsys, *fleet, *told, "--format", "text", "--compare")
    assert "\x1b" not in text
    assert text.startswith("Alignment report\n2026-01-12 11:00 UTC to 2026-01-12 12:00 UTC, 60 min\n")
    assert re.search(r"^Success rate +77.8 %$", text, re.MULTILINE)
    assert re.search(r"^Failed operations +0 +4  \+4 worse$", text, re.MULTILINE)
    assert re.search(r"^  conflicting  [▁-█ ]+  2 to 5$", text, re.MULTILINE)
    assert HOSTILE in text


def test_written_whole_to_a_file(
    fleet: list[str], told: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "report.html"
    assert rendered(capsys, *fleet, *told, "--format", "html", "--output", str(output)) == ""
    page = Markup(output.read_text())
    assert [one.attributes["id"] for one in page.all("section")] == SECTIONS
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize(("no_color", "colours"), [("", True), ("1", False)])
def test_colours_and_the_width_of_a_terminal(
    fleet: list[str], told: list[str], no_color: str, colours: bool
) -> None:
    command = [str(Path(sys.executable).with_name("render-report")), *fleet, *told, "--format", "text"]
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": no_color}
    environment.pop("COLUMNS", None)
    with terminal(60) as shown:
        assert run_on(shown, command, environment) == 0
    assert ("\x1b[33mwarning\x1b[0m" in shown.seen) is colours
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.seen).splitlines()
    assert max(map(len, lines)) <= 60
    assert "* rebase" in lines


def test_before_there_was_an_exporter_nothing_is_compared(
    fleet: list[str], told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert render_report([*fleet, *told, "--window", "3h", "--format", "text", "--compare"]) == 0
    out, err = capsys.readouterr()
    assert "Of the window before nothing is known, so nothing is compared." in out
    assert "nothing is compared: of the window before, Prometheus at" in err
    # What was warned of is told in the report, too.
    assert "What is missing\n───────────────\n- nothing is compared" in out.replace("\n  ", " ")


def test_an_alertmanager_that_does_not_answer_is_told_once(
    fleet: list[str], nowhere: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [*fleet, "--alertmanager", nowhere, "--format", "text", "--compare"]
    assert render_report(options) == 0
    out, err = capsys.readouterr()
    assert err.count("what became of the alerts is unknown") == 1
    assert "what became of the alerts is unknown" in out


def test_json_stays_the_specification_s(fleet: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert render_report([*fleet, "--compare"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("render-report: --compare is not for json, which is exactly the specification's;")


def test_an_hour_of_which_only_the_exporter_is_known(
    tmp_path: Path, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    history = History(END, 60)
    history.scraped("alignment_build_info", [1] * 61)
    with servers.prometheus(tmp_path / "p", history=history.openmetrics()) as server:
        options = ["--prometheus", server.url, "--end", AT_END, "--state-dir", str(tmp_path)]
        page = Markup(rendered(capsys, *options, *told, "--format", "html"))
    shown = table(page, "All figures of the report")
    assert shown["Operations"][0] == shown["CPU in use"][0] == "unknown"
    assert page.all("svg") == []
    for section, said in {
        "branches": "No branches were counted in this window.",
        "operations": "Nothing is known of operations: no journal was seen.",
        "singles": f"Single operations are not known here: there is no journal at {tmp_path}",
        "alerts": "None fired in this window. But nothing shows that Prometheus evaluated the rule pack",
        "maintenance": "No exporter has said that any is scheduled.",
        "machines": "Nothing is known of the machines in this window.",
        "missing": "Everybody who was asked has answered.",
    }.items():
        assert said in page.by_id(section).text
