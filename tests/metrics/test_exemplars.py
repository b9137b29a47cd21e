"""The id of the newest operation in each bucket, for those who ask for OpenMetrics."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from prometheus_client.core import Exemplar
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from alignwatch.journal.store import Journal
from alignwatch.metrics.exposition import render
from alignwatch.metrics.journal_families import journal_families
from alignwatch.metrics.page import Page
from alignwatch.settings import Repository
from support.journals import NOW, operation
from support.servers import QUIET_PROMETHEUS, get_json, prometheus
from support.serving import CONTENT, running
from support.waiting import wait_until

APP = Repository(path="/srv/app")
DURATION = "alignment_operation_duration_seconds"


def page_of(journal: Journal) -> Page:
    return render(journal_families(journal.read(300, NOW), [APP], 300, {}), NOW)


def exemplars(page: Page) -> dict[tuple[str, str, str], Exemplar]:
    """By target, outcome and bound."""
    parse: Callable[[str], Iterable[Family]] = text_string_to_metric_families
    return {
        (sample.labels["target"], sample.labels["outcome"], sample.labels["le"]): sample.exemplar
        for family in parse(page.openmetrics.decode())
        for sample in family.samples
        if sample.exemplar is not None
    }


def ids(page: Page) -> set[str]:
    return {exemplar.labels["operation_id"] for exemplar in exemplars(page).values()}


def test_each_bucket_shows_the_newest_operation_in_it(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.record(operation("old", duration=0.3, started=NOW - 50))
        journal.record(operation("newer", duration=0.4, started=NOW - 10))
        journal.record(operation("long", duration=4000.0, started=NOW - 9000))
        journal.record(operation("elsewhere", duration=0.2, started=NOW - 5, target="release"))
        journal.record(operation("stranger", repository="stranger"))
        page = page_of(journal)
    found = exemplars(page)
    assert {key: exemplar.labels["operation_id"] for key, exemplar in found.items()} == {
        ("main", "success", "0.5"): "newer",
        ("main", "success", "+Inf"): "long",
        ("other", "success", "0.5"): "elsewhere",
    }
    newest = found["main", "success", "0.5"]
    assert (newest.value, float(newest.timestamp or 0)) == (0.4, NOW - 9.6)
    assert b"newer" not in page.plain


def test_ids_that_a_parser_could_stumble_over_are_left_out(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.record(operation('a"} 1\nx{y="\\', duration=1.0))
        journal.record(operation("x" * 116, duration=2.0))
        journal.record(operation("x" * 117, duration=20.0))
        assert ids(page_of(journal)) == {"x" * 116}


def test_prometheus_takes_them(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.record(operation("align-20261122-104500-001", duration=3.0, started=time.time() - 3))
        journal.record(operation("8a6e:42/b", duration=30.0, started=time.time() - 30))
        page = page_of(journal)
    with running(replace(CONTENT, page=lambda: page)) as site:
        host, port = site.where
        jobs = f"scrape_configs: [{{job_name: a, static_configs: [{{targets: ['{host}:{port}']}}]}}]\n"
        feature = "--enable-feature=exemplar-storage"
        with prometheus(tmp_path / "p", QUIET_PROMETHEUS + jobs, arguments=[feature]) as server:
            query = f"{server.url}/api/v1/query_exemplars?query={DURATION}_bucket&start={time.time() - 3600}"

            def stored() -> set[str]:
                found = get_json(f"{query}&end={time.time() + 60}")["data"]
                return {one["labels"]["operation_id"] for series in found for one in series["exemplars"]}

            wait_until(lambda: stored() == ids(page), "exemplars")
            assert get_json(f"{server.url}/api/v1/query?query=up")["data"]["result"][0]["value"][1] == "1"
