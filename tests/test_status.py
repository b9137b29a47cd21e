from dataclasses import replace

import pytest

from alignwatch.errors import ExitCode
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import Reason, RepositoryReading, Snapshot
from alignwatch.status import as_text, make_status
from support.readings import (
    COLLISIONS,
    DIVERGENCE,
    FILE_SYSTEMS,
    FORECAST,
    HOST_READING,
    NOW,
    PROCESSES,
    REPOSITORY,
    bad,
    good,
    snapshot,
    whole,
)

SETTINGS = Settings(repositories=(Repository(path="/srv/app"),))
HOST_RUNS = (good(HOST_READING), good(FILE_SYSTEMS), good(PROCESSES))


@pytest.mark.parametrize(
    ("seen", "verdict", "code"),
    [
        (whole(), "healthy", ExitCode.OK),
        (
            snapshot(*HOST_RUNS, bad(RepositoryReading, Reason.MISSING, "gone", "app")),
            "unhealthy",
            ExitCode.UNHEALTHY,
        ),
        (snapshot(*HOST_RUNS, good(replace(REPOSITORY, gc_log=True), "app")), "warnings", ExitCode.WARNINGS),
        (
            snapshot(*HOST_RUNS, good(replace(REPOSITORY, broken_refs=("refs/heads/x",)), "app")),
            "unhealthy",
            ExitCode.UNHEALTHY,
        ),
        (snapshot(bad(type(HOST_READING), Reason.TIMEOUT, "slow")), "warnings", ExitCode.WARNINGS),
    ],
)
def test_the_worst_decides(seen: Snapshot, verdict: str, code: ExitCode) -> None:
    status = make_status(seen, SETTINGS)
    assert (status.verdict, status.exit_code) == (verdict, code)


def test_one_screen_says_it_all() -> None:
    text = as_text(make_status(whole(), SETTINGS))
    assert text.splitlines()[0].split() == ["healthy", "2023-11-14T22:13:20Z"]
    assert "cpu 12 %, memory 25 %, disk /srv 55.6 %" in text
    assert "5: 1 merged, 1 aligned, 1 behind, 1 orphan, 1 unknown" in text
    assert "rebase of fix in /srv/app-fix" in text


def test_how_far_the_forecast_is() -> None:
    seen = snapshot(*whole().runs.values(), good(FORECAST, "app"))
    text = as_text(make_status(seen, SETTINGS))
    assert "5: 1 merged, 1 aligned, 1 conflicting, 1 orphan, 1 unknown" in text
    assert "forecast    1 merges tried, 3 to go, 1 failed: odd" in text
    assert "forecast" not in as_text(make_status(whole(), SETTINGS))


def test_how_many_branches_collide_and_how_far_that_is() -> None:
    status = make_status(snapshot(*whole().runs.values(), good(COLLISIONS, "app")), SETTINGS)
    said = "collisions  1 pairs of active branches collide: 4 merges tried, 0 to go, 1 failed: odd"
    assert said in as_text(status)
    assert status.repositories[0].collisions is not None
    assert status.repositories[0].collisions.colliding == 1
    assert "collisions" not in as_text(make_status(whole(), SETTINGS))


def test_what_is_unknown_is_said_so() -> None:
    status = make_status(Snapshot(NOW), SETTINGS)
    assert (status.host.health, status.repositories[0].health) == ("unknown", "unknown")
    assert status.repositories[0].branches is None
    assert "cpu ?" in as_text(status)


def test_failing_probes_are_listed_with_their_reason_and_cannot_steer_the_terminal() -> None:
    seen = snapshot(good(DIVERGENCE, "app"), bad(RepositoryReading, Reason.GIT, "odd \x1b[31m", "app"))
    status = make_status(seen, SETTINGS)
    assert [(one.probe, one.repository, one.reason) for one in status.failing_probes] == [
        ("repository", "app", "git")
    ]
    assert "repository app: git: odd \\x1b[31m" in as_text(status)


def test_why_branches_are_unknown() -> None:
    reading = replace(DIVERGENCE, missing_targets=("gone",), problem="a commit is missing")
    (one,) = make_status(snapshot(good(reading, "app")), SETTINGS).repositories
    assert one.findings[-2:] == (
        "no branch 'gone' to compare with; mend repositories[].primaries",
        "not every branch could be compared: a commit is missing",
    )
