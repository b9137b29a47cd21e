"""The exporter sees that somebody is to be told, and has them told; its state is in a file and a metric."""

import json
import shutil
import signal
import sys
from pathlib import Path

from alignwatch.journal.store import Journal
from alignwatch.state_dir import default_state_dir, journal_path
from support.exporting import QUICK, exporter
from support.far_end import Answer, far_end
from support.journals import operation


def test_operations_and_health_reach_hooks_parents_and_the_status_file(
    repository: Path, tmp_path: Path
) -> None:
    config, kept, status_file = (tmp_path / name for name in ("alignwatch.yaml", "kept", "status.json"))
    code = f"import sys; open({str(kept)!r}, 'a').write(sys.stdin.read() + chr(10))"

    def session() -> str:
        return str(json.loads(status_file.read_text())["session"]["state"]) if status_file.exists() else ""

    def told(event: str) -> list[dict[str, str]]:
        lines = kept.read_text().splitlines() if kept.exists() else []
        return [one["data"] for one in map(json.loads, lines) if one["event"] == event]

    def changes() -> list[tuple[str, str]]:
        found = [one for one in told("health_changed") if one["of"] == "repository"]
        return [(one["was"], one["is"]) for one in found]

    def posted() -> list[str]:
        # The health of this machine may have changed as well, and sooner.
        events = [json.loads(one.body) for one in parent.requests]
        return [one["data"]["operation_id"] for one in events if one["event"] == "operation_ended"]

    with far_end(lambda _: Answer()) as parent:
        config.write_text(
            f"{QUICK}repositories: [{{path: {repository}, name: app}}]\n"
            f"hooks: [{{name: keep, command: [{sys.executable!r}, -c, {json.dumps(code)}]}},\n"
            "        {name: broken, command: ['false']}]\n"
            f"propagation: {{status_file: {status_file}, parents: [{{name: up, url: {parent.url!r}}}]}}\n"
        )
        with exporter(config) as running:
            running.wait_for(lambda: session() == "running")
            assert running.sample("alignment_session_state", state="running") == 1
            with Journal(journal_path(default_state_dir())) as journal:
                journal.record(operation("a"))
            running.wait_for(lambda: told("operation_ended"))
            shutil.move(repository, tmp_path / "away")
            running.wait_for(lambda: session() == "degraded")
            running.wait_for(changes)
            assert changes() == [("optimal", "unreachable")]
            reasons = json.loads(running.get("/api/v1/status"))["session"]["reasons"]
            assert any("app fails" in one for one in reasons)
            shutil.move(tmp_path / "away", repository)
            running.wait_for(lambda: session() == "running")
            running.wait_for(lambda: len(changes()) == 2)
            running.wait_for(
                lambda: (running.sample("alignment_hook_events_total", hook="up", outcome="told") or 0) > 2
            )
            running.wait_for(lambda: running.sample("alignment_hook_failing", hook="broken") == 1)
            assert running.sample("alignment_hook_failing", hook="keep") == 0
            running.wait_for(posted)
            running.signal(signal.SIGTERM)
            assert running.process.wait(15) == 0
        assert session() == "stopping"
        assert posted()[0] == "a"


def test_a_status_file_that_cannot_be_written_is_one_line_in_the_log(
    repository: Path, tmp_path: Path
) -> None:
    config = tmp_path / "alignwatch.yaml"
    config.write_text(
        f"{QUICK}repositories: [{{path: {repository}, name: app}}]\n"
        f"propagation: {{status_file: {tmp_path}/none/status.json}}\n"
    )
    with exporter(config) as running:
        running.wait_for(lambda: running.sample("alignment_session_state", state="running"))
        running.wait_for(lambda: "propagation.status_file" in running.log())
        assert running.log().count("propagation.status_file") == 1
