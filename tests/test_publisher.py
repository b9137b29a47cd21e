import json
import subprocess
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from alignwatch.journal.reading import JournalReading
from alignwatch.metrics.catalogue import CATALOGUE
from alignwatch.publisher import Knowledge, Publisher
from alignwatch.settings import Monitoring, Repository, Settings
from support.readings import FORECAST, NOW, good, snapshot, whole

SETTINGS = Settings(repositories=(Repository(path="/srv/app"),))
KNOWLEDGE = Knowledge(
    settings=SETTINGS,
    snapshot=whole(),
    journal=JournalReading((), (), (), 0),
    trends={},
    reload_ok=True,
    reload_time=NOW - 100,
)


def names(page: bytes) -> set[str]:
    return {
        sample.name for family in text_string_to_metric_families(page.decode()) for sample in family.samples
    }


def test_the_page_is_what_promtool_calls_clean() -> None:
    page = Publisher("2.39.5").make(KNOWLEDGE).page
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=page.plain, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_every_name_of_ours_is_in_the_catalogue() -> None:
    found = {name for name in names(Publisher("2.39.5").make(KNOWLEDGE).page.plain) if "process_" not in name}
    parts = {"histogram": ("_bucket", "_sum", "_count")}
    known = {metric.name + part for metric in CATALOGUE for part in parts.get(metric.type, ("",))}
    assert {name for name in found if name.startswith("alignment_")} <= known


def test_status_branches_and_landing_lie_ready() -> None:
    made = Publisher("2.39.5").make(KNOWLEDGE)
    assert json.loads(made.status_json)["verdict"] == "healthy"
    assert len(json.loads(made.branches.encoded)) == 5
    assert b"<!DOCTYPE html>" in made.landing


def test_branches_are_encoded_again_only_when_they_were_measured_again() -> None:
    publisher = Publisher("2.39.5")
    first = publisher.make(KNOWLEDGE).branches
    assert publisher.make(KNOWLEDGE).branches is first
    renamed = replace(
        KNOWLEDGE,
        settings=Settings(repositories=(Repository(path="/srv/app", name="lib"),)),
        snapshot=whole("lib"),
    )
    assert json.loads(publisher.make(renamed).branches.encoded)[0]["repository"] == "lib"


def test_branches_are_encoded_again_when_there_is_a_forecast() -> None:
    publisher = Publisher("2.39.5")
    before = publisher.make(KNOWLEDGE).branches
    told = replace(KNOWLEDGE, snapshot=snapshot(*whole().runs.values(), good(FORECAST, "app")))
    after = publisher.make(told).branches
    assert publisher.make(told).branches is after is not before
    (row,) = [row for row in after.rows if row.branch == "bolt/a"]
    assert (row.state, row.conflict_files) == ("conflicting", 7)


@pytest.mark.parametrize("tracking", [True, False])
def test_performance_tracking_is_a_switch(tracking: bool) -> None:
    settings = Settings(
        repositories=SETTINGS.repositories, monitoring=Monitoring(performance_tracking=tracking)
    )
    made = Publisher("2.39.5").make(replace(KNOWLEDGE, settings=settings))
    assert ("alignment_journal_success" in names(made.page.plain)) is tracking
