import json
from collections.abc import Iterator

import pytest

from alignwatch.journal.store import Journal
from alignwatch.operation import Outcome
from support import servers
from support.far_end import Answer, Request, far_end
from support.journals import operation, query
from support.reported import AT_END, END, HOSTILE, reported


@pytest.fixture(scope="package")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Options for a report of the last hour of :func:`support.reported.reported`, beside a journal."""
    folder = tmp_path_factory.mktemp("fleet")
    path = folder / "journal.sqlite3"
    with Journal(path) as journal:
        for number, outcome in enumerate((Outcome.SUCCESS, Outcome.FAILED, Outcome.CONFLICT)):
            started = END - 600.0 * (number + 1)
            hurt = {"branch": HOSTILE, "target": HOSTILE, "repository": HOSTILE}
            journal.record(
                operation(f"o{number}", started=started, duration=40.0, outcome=outcome, waiting=9.0, **hurt)
            )
    (created,) = query(path, "SELECT created FROM birth")
    history = reported(created)
    with servers.prometheus(folder / "prometheus", history=history.openmetrics()) as server:
        yield ["--prometheus", server.url, "--state-dir", str(folder), "--end", AT_END, "--window", "1h"]


@pytest.fixture(scope="package")
def told() -> Iterator[list[str]]:
    """Options for an Alertmanager that holds nothing and an exporter that has recorded what was sent."""
    labels = {"alertname": "AlignmentRepositoryCorrupt", "severity": "critical", "repository": HOSTILE}
    one = {"labels": labels, "starts_at": END - 600.0, "first_sent": END - 590.0, "last_sent": END - 590.0}
    deliveries = [{"receiver": HOSTILE, "status": "firing", **one}]

    def answer(request: Request) -> Answer:
        if request.path.endswith("deliveries"):
            return Answer(json.dumps({"complete": True, "deliveries": deliveries}).encode())
        return Answer(b"[]")

    with far_end(answer) as server:
        yield ["--alertmanager", server.url, "--exporter", server.url]
