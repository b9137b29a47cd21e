"""What is to come, late or amiss keeps the exporter from being ready, and from saying that all is well."""

import time
from dataclasses import replace

import pytest

from alignwatch.daemon.content import why_not_ready
from alignwatch.daemon.findings import Findings
from alignwatch.daemon.publishing import Publishing
from alignwatch.hooks.status_file import StatusFile
from alignwatch.journal.reading import JournalReading
from alignwatch.probes.runner import Lane, Task, look
from alignwatch.publisher import Knowledge, Publisher
from alignwatch.session import begun
from alignwatch.settings import Settings
from alignwatch.snapshot import HostReading, ProbeRun, Reason
from support.readings import HOST_READING


class Probe:
    def read(self) -> HostReading:
        return HOST_READING


APP = Task("repository", "app", Probe(), interval=1.0, deadline=5.0)
HOST = replace(APP, name="host", repository="")
SLOW = replace(APP, name="fsck", lane=Lane.SLOW)


@pytest.fixture
def findings() -> Findings:
    found = Findings()
    found.expect((APP, HOST, SLOW))
    found.take_journal(JournalReading((), (), (), 0))
    return found


@pytest.fixture
def publishing(findings: Findings) -> Publishing:
    made = Publishing(Publisher("2.39.5"))
    knowledge = Knowledge(
        settings=Settings(),
        snapshot=findings.snapshot(),
        journal=findings.journal,
        trends={},
        reload_ok=True,
        reload_time=time.time(),
        session=begun(time.time()),
    )
    made.publish(knowledge, StatusFile(None))
    return made


def failed(run: ProbeRun, error: str) -> ProbeRun:
    return replace(run, value=None, reason=Reason.MISSING, error=error)


def test_ready_after_the_first_look_of_all_that_are_quick(findings: Findings, publishing: Publishing) -> None:
    findings.accept(look(APP))
    assert why_not_ready(publishing, findings) == "starting: host of the host has not been looked at yet"
    findings.accept(look(HOST))
    assert why_not_ready(publishing, findings) is None
    assert list(findings.amiss()) == []
    assert why_not_ready(Publishing(Publisher("2.39.5")), findings) == "no page was made within 60 s"


def test_a_look_that_is_not_taken_again_is_late(findings: Findings, publishing: Publishing) -> None:
    for task in (APP, HOST):
        findings.accept(look(task))
    # As after the machine has slept.
    findings.accept(replace(look(APP), started=time.time() - APP.maximum_age - 92))
    (late,) = findings.amiss()
    assert late.startswith("repository of app was last looked at 1")
    assert why_not_ready(publishing, findings) == late
    findings.accept(look(APP))
    assert why_not_ready(publishing, findings) is None


def test_each_fault_of_a_look_is_said_once_and_so_is_its_end(
    findings: Findings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "alignwatch.daemon")
    for error in ("no such folder", "no such folder", "too slow"):
        findings.accept(failed(look(APP), error))
    assert list(findings.amiss()) == ["repository of app fails"]
    for _ in range(2):
        findings.accept(look(APP))
    assert list(findings.amiss()) == []
    assert [one.getMessage() for one in caplog.records] == [
        "repository of app: no such folder",
        "repository of app: too slow",
        "repository of app: well again",
    ]


def test_what_nobody_looks_at_any_more_is_forgotten(findings: Findings) -> None:
    findings.accept(failed(look(APP), "no such folder"))
    findings.expect((HOST,))
    assert list(findings.amiss()) == []
    assert list(findings.to_come()) == ["host of the host has not been looked at yet"]
    assert findings.snapshot().runs == {}


def test_only_what_is_new_is_worth_a_page(findings: Findings) -> None:
    findings.changed.clear()
    findings.take_journal(JournalReading((), (), (), 0))
    assert not findings.changed.is_set()
    findings.take_journal(None)
    assert findings.changed.is_set()
    assert list(findings.amiss()) == ["the journal cannot be read"]
