import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from alignwatch.assets import asset
from alignwatch.cli import render_report
from alignwatch.stack import addresses
from support import servers
from support.far_end import Answer, Request, far_end
from support.history import History
from support.waiting import wait_until

END = 1_768_219_200
AT_END = ["--end", "2026-01-12T12:00:00Z"]
SCRAPES = 241

SCRAPED = """\
alignment_build_info{version="1"} 1
alignment_probe_success{probe="host",repository=""} 1
alignment_host_health{state="healthy"} 1
"""


@dataclass(frozen=True)
class Stack:
    prometheus: str
    alertmanager: str

    @property
    def options(self) -> list[str]:
        return ["--prometheus", self.prometheus, "--alertmanager", self.alertmanager]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    history = History(END)
    for name in ("up", "alignment_journal_success", "alignment_build_info"):
        history.scraped(name, [1] * SCRAPES)
    for outcome, total in (("success", 41), ("failed", 1)):
        history.scraped(
            "alignment_operation_duration_seconds_count",
            [0, *[total] * (SCRAPES - 1)],
            repository="app",
            operation="rebase",
            target="main",
            outcome=outcome,
        )
    for gauge, value in (("operations", 42.0), ("min_seconds", 0.5), ("max_seconds", 9.0)):
        shown = [0.0, *[value] * 20, *[0.0] * (SCRAPES - 21)]
        history.scraped(f"alignment_operation_window_{gauge}", shown, repository="app", operation="rebase")
    history.scraped("alignment_host_health", [1] * SCRAPES, state="healthy")
    alert = {"alertname": "AlignmentHostDown", "severity": "critical"}
    history.scraped("ALERTS_FOR_STATE", [END - 600] * 10, **alert)
    history.scraped("ALERTS", [1] * 10, alertstate="firing", **alert)
    with (
        servers.prometheus(
            folder / "p", history=history.openmetrics(), path="/metrics/prometheus"
        ) as prometheus,
        servers.alertmanager(folder / "a", path="/alerts") as alertmanager,
    ):
        yield Stack(prometheus.url, alertmanager.url)


def valid(text: str) -> Any:
    report = json.loads(text, parse_constant=pytest.fail)
    schema = json.loads(asset("config", "monitoring-report.schema.json").read_bytes())
    jsonschema.Draft202012Validator(schema).validate(report)
    return report


def test_the_specification_s_report_on_stdout(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert render_report([*stack.options, *AT_END, "--window", "1h"]) == 0
    out, err = capsys.readouterr()
    report = valid(out)
    assert (err, out.count("\n")) == ("", 1)
    assert list(report) == [
        "monitoring_session",
        "health_status",
        "performance_metrics",
        "alerts_generated",
        "maintenance_schedule",
    ]
    operations = report["performance_metrics"]["alignment_operations"]
    assert (operations["total_executed"], operations["success_rate"]) == (42, round(41 / 42, 6))
    assert (operations["min_time_seconds"], operations["max_time_seconds"]) == (0.5, 9.0)
    assert report["health_status"]["system_health"] == "healthy"
    assert report["alerts_generated"] == [
        {
            "alert_id": "alert-20260112-115000-001",
            "severity": "critical",
            "message": "AlignmentHostDown (instance=here:9847, job=alignwatch)",
            "timestamp": "2026-01-12T11:50:00Z",
            "status": "unknown",
        }
    ]
    session = report["monitoring_session"]
    stamp = re.sub(r"[-:Z]", "", session["start_time"]).replace("T", "-")
    assert session["session_id"].startswith(f"monitor-{stamp}-")


def test_to_a_file_whole_and_pretty(stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "report.json"
    assert render_report([*stack.options, *AT_END, "--pretty", "--output", str(output)]) == 0
    assert capsys.readouterr() == ("", "")
    assert valid(output.read_text())
    assert output.read_text().startswith('{\n  "monitoring_session": {\n    "session_id"')


def test_a_report_that_fails_leaves_the_old_one(
    tmp_path: Path, nowhere: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "report.json"
    output.write_text("old")
    assert render_report(["--prometheus", nowhere, "--output", str(output)]) == 1
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        f"render-report: Prometheus at {nowhere} cannot be reached (Connection refused); "
        "is it running, and is this its address?\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert output.read_text() == "old"


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("absent/report.json", "cannot write {}/absent/report.json: No such file or directory"),
        (".", "{} is no file that could be replaced; leave out --output to print"),
        ("/dev/null", "/dev/null is no file that could be replaced"),
    ],
)
def test_where_no_file_can_be_written(
    stack: Stack, tmp_path: Path, output: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert render_report([*stack.options, *AT_END, "--output", str(tmp_path / output)]) == 1
    assert message.format(tmp_path) in capsys.readouterr().err
    assert not Path("/dev/null").is_file()


def test_a_prometheus_without_an_exporter_says_so(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert render_report([*stack.options, "--end", "2025-01-01T00:00:00Z", "--window", "90s"]) == 1
    assert capsys.readouterr() == (
        "",
        f"render-report: Prometheus at {stack.prometheus} has seen no exporter in the 90 s before "
        "2025-01-01T00:00:00Z; does it scrape one (see its page /targets)?\n",
    )


def test_without_alertmanager_the_report_goes_on(
    stack: Stack, nowhere: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert render_report(["--prometheus", stack.prometheus, "--alertmanager", nowhere, *AT_END]) == 0
    out, err = capsys.readouterr()
    assert [alert["status"] for alert in valid(out)["alerts_generated"]] == ["unknown"]
    assert err == (
        f"render-report: what became of the alerts is unknown: Alertmanager at {nowhere} cannot be reached "
        "(Connection refused); is it running, and is this its address?\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--window", "soon"], "--window 'soon' is no length of time"),
        (["--end", "soon"], "--end 'soon' is no moment"),
        (["--prometheus", "http://me:secret@127.0.0.1"], "--prometheus is no http(s) address"),
        (["--alertmanager", "ftp://secret"], "--alertmanager is no http(s) address"),
    ],
)
def test_wrong_use(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert render_report(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "secret" not in err
    assert err.count("\n") == 1


def test_the_local_stack_is_found_by_its_state_folder(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    addresses.stack_dir(tmp_path / "mine").mkdir(parents=True)
    addresses.write(tmp_path / "mine", addresses.Addresses("", stack.prometheus, stack.alertmanager))
    assert render_report([*AT_END, "--state-dir", str(tmp_path / "mine")]) == 0
    assert capsys.readouterr().err == ""


def test_far_end_and_credentials_from_the_configuration(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token").write_text("secret")

    def refuse(request: Request) -> Answer:
        return Answer(status=403 if request.headers["authorization"] == "Bearer secret" else 401)

    with far_end(refuse) as server:
        config = tmp_path / "alignwatch.yaml"
        config.write_text(
            f"report: {{prometheus: {{url: '{server.url}/p', bearer_token_file: '{tmp_path}/token'}}}}\n"
            f"repositories: [{{path: '{tmp_path}'}}]\n"
        )
        assert render_report(["--config", str(config)]) == 1
    assert server.requests[0].path == "/p/api/v1/query"
    err = capsys.readouterr().err
    assert f"Prometheus at {server.url}/p refuses: HTTP 403" in err
    assert "secret" not in err


def test_a_prometheus_that_claims_the_impossible_is_not_believed(capsys: pytest.CaptureFixture[str]) -> None:
    def everything_is(value: str) -> Answer:
        result = [{"metric": {"job": "j", "instance": "i"}, "value": [1, value]}]
        return Answer(json.dumps({"status": "success", "data": {"result": result}}).encode())

    def answer(request: Request) -> Answer:
        if request.path.endswith("/alerts"):
            return Answer(b'{"status": "success", "data": {"alerts": []}}')
        if request.query["query"].endswith("ms]"):
            return Answer(b'{"status": "success", "data": {"result": []}}')
        return everything_is("-5")

    with far_end(answer) as server:
        assert render_report(["--prometheus", server.url, "--alertmanager", server.url]) == 1
    err = capsys.readouterr().err
    assert (
        f"Prometheus at {server.url} holds figures that cannot be (Expected `float` >= 0.0 - at `$.health"
        in err
    )


def test_an_exporter_that_dies_is_unknown_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = Answer(SCRAPED.encode(), headers={"Content-Type": "text/plain"})
    answers = {"/metrics": page}

    def system_health() -> object:
        code = render_report(["--prometheus", server.url, "--window", "1m", "--alertmanager", server.url])
        out = capsys.readouterr().out
        return valid(out)["health_status"]["system_health"] if code == 0 else None

    with far_end(lambda request: answers[request.path]) as exporter:
        targets = [exporter.url.removeprefix("http://")]
        job = {"job_name": "alignwatch", "scrape_interval": "1s", "static_configs": [{"targets": targets}]}
        with servers.prometheus(tmp_path, json.dumps({"scrape_configs": [job]})) as server:
            wait_until(lambda: system_health() == "healthy", "the exporter's health")
            answers["/metrics"] = Answer(status=500)
            wait_until(lambda: system_health() == "unknown", "the news of its death")
