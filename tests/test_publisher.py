import json
import subprocess
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from alignwatch.journal.reading import JournalReading
from alignwatch.metrics.catalogue import CATALOGUE
from alignwatch.publisher import Knowledge, Publisher
from alignwatch.settings import Monitoring, Repository, Settings
from support.readings import NOW, whole

SETTINGS = Settings(repositories=(Repository(path="/srv/app"),))
KNOWLEDGE = Knowledge(
    settings=SETTINGS,
    snapshot=whole(),
    journal=JournalReading((), (), (), 0),
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
    known = {metric.name for metric in CATALOGUE}
    histogram = {f"alignment_operation_duration_seconds_{part}" for part in ("bucket", "sum", "count")}
    assert {name for name in found if name.startswith("alignment_")} <= known | histogram


def test_status_branches_and_landing_lie_ready() -> None:
    made = Publisher("2.39.5").make(KNOWLEDGE)
    assert json.loads(made.status_json)["verdict"] == "healthy"
    assert len(json.loads(made.branches_json)) == 5
    assert b"<!DOCTYPE html>" in made.landing


def test_branches_are_encoded_again_only_when_they_were_measured_again() -> None:
    publisher = Publisher("2.39.5")
    first = publisher.make(KNOWLEDGE).branches_json
    assert publisher.make(KNOWLEDGE).branches_json is first
    renamed = replace(
        KNOWLEDGE,
        settings=Settings(repositories=(Repository(path="/srv/app", name="lib"),)),
        snapshot=whole("lib"),
    )
    assert json.loads(publisher.make(renamed).branches_json)[0]["repository"] == "lib"


@pytest.mark.parametrize("tracking", [True, False])
def test_performance_tracking_is_a_switch(tracking: bool) -> None:
    settings = Settings(
        repositories=SETTINGS.repositories, monitoring=Monitoring(performance_tracking=tracking)
    )
    made = Publisher("2.39.5").make(replace(KNOWLEDGE, settings=settings))
    assert ("alignment_journal_success" in names(made.page.plain)) is tracking
