import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from alignwatch.journal.events import Event, EventTotal
from alignwatch.journal.reading import JournalReading
from alignwatch.metrics.catalogue import CATALOGUE
from alignwatch.publisher import Knowledge, Publisher
from alignwatch.session import begun
from alignwatch.settings import Diagnostics, Monitoring, Repository, Settings
from alignwatch.stack import addresses
from alignwatch.stack.addresses import Addresses
from alignwatch.status import make_status
from alignwatch.web.page.view import View
from support.readings import COLLISIONS, FORECAST, NOW, UNSAVED, good, snapshot, whole

SETTINGS = Settings(repositories=(Repository(path="/srv/app"),))
KNOWLEDGE = Knowledge(
    settings=SETTINGS,
    snapshot=whole(),
    journal=JournalReading((), (), (), 0),
    trends={},
    reload_ok=True,
    reload_time=NOW - 100,
    session=begun(NOW - 100),
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


def test_status_branches_and_view_lie_ready() -> None:
    made = Publisher("2.39.5").make(KNOWLEDGE)
    assert json.loads(made.status_json)["verdict"] == "healthy"
    assert len(json.loads(made.branches.encoded)) == 5
    assert made.view == View(
        settings=SETTINGS,
        taken=KNOWLEDGE.snapshot.taken,
        status=make_status(KNOWLEDGE.snapshot, SETTINGS, KNOWLEDGE.session),
        branches=made.branches,
        events=made.events,
        journal=KNOWLEDGE.journal,
    )


def test_the_servers_of_the_local_stack_are_known_while_it_runs(tmp_path: Path) -> None:
    settings = Settings(state_dir=str(tmp_path), repositories=SETTINGS.repositories)
    addresses.stack_dir(tmp_path).mkdir()
    running = Addresses("http://127.0.0.1:9847", "http://127.0.0.1:9090", None)
    addresses.write(tmp_path, running)
    publisher = Publisher("2.39.5")
    assert publisher.make(replace(KNOWLEDGE, settings=settings)).view.stack == running
    addresses.forget(tmp_path)
    assert publisher.make(replace(KNOWLEDGE, settings=settings)).view.stack is None


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


def test_branches_are_encoded_again_when_unsaved_work_was_counted() -> None:
    publisher = Publisher("2.39.5")
    before = publisher.make(KNOWLEDGE).branches
    told = replace(KNOWLEDGE, snapshot=snapshot(*whole().runs.values(), good(UNSAVED, "app")))
    after = publisher.make(told).branches
    assert publisher.make(told).branches is after is not before
    assert {row.unsaved for row in before.rows} == {None}
    assert {row.unsaved for row in after.rows} == {3}


def test_collisions_are_listed_when_they_are_found() -> None:
    publisher = Publisher("2.39.5")
    assert publisher.make(KNOWLEDGE).collisions.rows == ()
    told = replace(KNOWLEDGE, snapshot=snapshot(*whole().runs.values(), good(COLLISIONS, "app")))
    made = publisher.make(told)
    assert publisher.make(told).collisions is made.collisions
    assert [(row.branch, row.other) for row in made.collisions.rows] == [("bolt/a", "bolt/b")]
    assert {row.branch: row.collisions for row in made.branches.rows}["bolt/b"] == 1


def test_events_of_watched_repositories_are_listed_and_counted_without_performance_tracking() -> None:
    publisher = Publisher("2.39.5")
    noted = [
        Event(repository, "emptied", "main", None, "2" * 40, "2" * 40, ("a",), 1, "why", NOW)
        for repository in ("app", "formerly")
    ]
    totals = (EventTotal("app", "emptied", "main", 1, NOW),)
    journal = JournalReading((), (), (), 0, events=tuple(noted), event_totals=totals)
    settings = Settings(monitoring=Monitoring(performance_tracking=False), repositories=SETTINGS.repositories)
    told = replace(KNOWLEDGE, settings=settings, journal=journal)
    made = publisher.make(told)
    assert [row.repository for row in made.events.rows] == ["app"]
    assert publisher.make(told).events is made.events
    assert (
        b'alignment_primary_events_total{repository="app",target="main",event="emptied"} 1.0'
        in made.page.plain
    )


@pytest.mark.parametrize("tracking", [True, False])
def test_performance_tracking_is_a_switch(tracking: bool) -> None:
    settings = Settings(
        repositories=SETTINGS.repositories, monitoring=Monitoring(performance_tracking=tracking)
    )
    made = Publisher("2.39.5").make(replace(KNOWLEDGE, settings=settings))
    assert ("alignment_journal_success" in names(made.page.plain)) is tracking


@pytest.mark.parametrize("profiling", [True, False])
def test_what_operations_used_is_a_switch(profiling: bool) -> None:
    settings = Settings(
        repositories=SETTINGS.repositories, diagnostics=Diagnostics(resource_profiling=profiling)
    )
    made = Publisher("2.39.5").make(replace(KNOWLEDGE, settings=settings))
    found = names(made.page.plain)
    assert ("alignment_operation_cpu_seconds_total" in found) is profiling
    assert "alignment_operation_waiting_seconds_total" in found
