from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alignwatch.report.activations import Activation
from alignwatch.report.fate import Evidence, Requests
from alignwatch.report.prometheus import Sample
from alignwatch.report.window import Window
from alignwatch.servers.alertmanager import HeldAlert, Matcher, Silence, SilenceStatus, Status
from alignwatch.servers.exporter import Delivery
from support.history import History
from support.reports import prometheus_holding

START = 1_768_219_200.0
LABELS = {"alertname": "AlignmentX", "severity": "warning", "repository": "app", "instance": "a:9847"}
ALERT = Activation(LABELS, START, START + 300, START + 1800, True)
NOTHING = Evidence((), (), (), None, Requests({}, {}))


def delivery(**changes: Any) -> Delivery:
    given: dict[str, Any] = {
        "receiver": "people",
        "status": "firing",
        "labels": {**LABELS, "cluster": "added on the way"},
        "starts_at": START + 300,
        "first_sent": START + 330,
        "last_sent": START + 330,
    }
    return Delivery(**given | changes)


def requests(**fared: tuple[int, int]) -> Requests:
    """Requests and failures by integration, all while the alert fired."""

    def series(place: int) -> dict[str, Sequence[Sequence[Sample]]]:
        return {
            name: [[Sample(START - 15, 0), Sample(START + 360, counts[place])]]
            for name, counts in fared.items()
        }

    return Requests(series(0), series(1))


def window(begin: float, end: float, **labels: str) -> Activation:
    labels = {"alertname": "AlignmentMaintenanceActive", "instance": "a:9847"} | labels
    return Activation(labels, begin, begin, end, True)


def silence(begin: float, end: float, *matchers: Matcher) -> Silence:
    return Silence(
        id="s",
        status=SilenceStatus("expired"),
        matchers=matchers or (Matcher("alertname", "AlignmentX"),),
        starts_at=datetime.fromtimestamp(begin, UTC),
        ends_at=datetime.fromtimestamp(end, UTC),
        created_by="",
        comment="",
    )


def held(state: str, starts_at: float = START + 300) -> HeldAlert:
    return HeldAlert(LABELS, {}, datetime.fromtimestamp(starts_at, UTC), Status(state))


def fate(activation: Activation = ALERT, **evidence: Any) -> str:
    return replace(NOTHING, **evidence).fate(activation)


def test_without_evidence_nothing_is_known() -> None:
    assert fate() == "unknown"
    assert fate(deliveries=()) == "unknown"
    assert fate(held=[held("active")]) == "unknown"


class TestSent:
    def test_is_what_the_audit_has_recorded(self) -> None:
        assert fate(deliveries=[delivery()]) == "sent"

    def test_an_alert_that_alertmanager_had_from_before_keeps_its_old_start(self) -> None:
        assert fate(deliveries=[delivery(starts_at=START - 5000, first_sent=START - 4000)]) == "sent"

    @pytest.mark.parametrize(
        "changes",
        [
            {"status": "resolved"},
            {"labels": LABELS | {"repository": "web"}},
            {"labels": LABELS | {"severity": "critical"}},
            {"starts_at": START + 2000},
            {"starts_at": START - 5000, "last_sent": START - 1000},
        ],
    )
    def test_not_what_was_recorded_of_others(self, changes: dict[str, Any]) -> None:
        assert fate(deliveries=[delivery(**changes)]) == "unknown"

    def test_what_was_sent_before_it_was_silenced_stays_sent(self) -> None:
        assert fate(deliveries=[delivery()], held=[held("suppressed")]) == "sent"

    def test_one_way_that_works_is_enough(self) -> None:
        evidence = requests(email=(3, 3), slack=(1, 0), webhook=(1, 0))
        assert fate(deliveries=[delivery()], requests=evidence) == "sent"
        assert fate(deliveries=[delivery()], requests=requests(email=(4, 3))) == "sent"


class TestFailed:
    def test_is_what_left_and_no_mail_server_and_no_slack_took(self) -> None:
        evidence = requests(email=(3, 3), slack=(2, 2), webhook=(1, 0))
        assert fate(deliveries=[delivery()], requests=evidence) == "failed"

    def test_and_what_nobody_recorded_while_everything_failed(self) -> None:
        assert fate(requests=requests(email=(3, 3))) == "failed"
        assert fate(deliveries=(), requests=requests(email=(3, 3), webhook=(2, 2))) == "failed"

    def test_not_while_anything_got_through_that_may_have_been_it(self) -> None:
        assert fate(requests=requests(email=(3, 2))) == "unknown"
        # The audit was told of something: had this alert been sent, it would know.
        assert fate(deliveries=(), requests=requests(email=(3, 3), webhook=(2, 0))) == "unknown"

    def test_not_for_failures_at_other_times(self) -> None:
        series = {"email": [[Sample(START - 60, 5), Sample(START - 15, 9), Sample(START + 9000, 9)]]}
        assert fate(requests=Requests(series, series)) == "unknown"
        series = {"email": [[Sample(START, 5), Sample(START + 1900, 5), Sample(START + 3000, 9)]]}
        assert fate(requests=Requests(series, series)) == "unknown"


class TestSuppressed:
    def test_is_what_alertmanager_says(self) -> None:
        assert fate(held=[held("suppressed")]) == "suppressed"
        assert fate(held=[held("suppressed")], deliveries=[delivery(status="resolved")]) == "suppressed"

    def test_of_the_newest_activation_only(self) -> None:
        assert fate(replace(ALERT, newest=False), held=[held("suppressed")]) == "unknown"
        assert fate(held=[held("suppressed", START + 5000)]) == "unknown"

    @pytest.mark.parametrize(
        ("begin", "end", "expected"),
        [
            (START - 600, START + 3600, "suppressed"),
            (START + 330, START + 1800, "suppressed"),
            (START + 900, START + 3600, "unknown"),
            (START - 600, START + 900, "unknown"),
        ],
    )
    def test_is_what_maintenance_or_a_silence_covered(self, begin: float, end: float, expected: str) -> None:
        assert fate(deliveries=(), windows=[window(begin, end)]) == expected
        assert fate(deliveries=(), silences=[silence(begin, end)]) == expected

    def test_only_where_the_audit_would_know_of_a_delivery(self) -> None:
        assert fate(windows=[window(START, START + 3600)]) == "unknown"
        assert fate(deliveries=[delivery()], windows=[window(START, START + 3600)]) == "sent"

    def test_only_by_a_window_of_the_same_exporter_and_repository(self) -> None:
        own = {"alertname": "AlignmentRepositoryMaintenanceActive"}
        for labels, expected in (
            ({"instance": "b:9847"}, "unknown"),
            (own | {"repository": "app"}, "suppressed"),
            (own | {"repository": "web"}, "unknown"),
        ):
            assert fate(deliveries=(), windows=[window(START, START + 3600, **labels)]) == expected

    @pytest.mark.parametrize(
        ("matchers", "expected"),
        [
            ([Matcher("repository", "app"), Matcher("severity", "warning")], "suppressed"),
            ([Matcher("repository", "app"), Matcher("severity", "critical")], "unknown"),
            ([Matcher("repository", "a.+", is_regex=True)], "suppressed"),
            ([Matcher("repository", "a", is_regex=True)], "unknown"),
            ([Matcher("repository", "web", is_equal=False)], "suppressed"),
            ([Matcher("repository", "w.*", is_regex=True, is_equal=False)], "suppressed"),
            ([Matcher("branch", "")], "suppressed"),
            ([Matcher("repository", r"\pL+", is_regex=True)], "unknown"),
        ],
    )
    def test_only_by_a_silence_that_matches(self, matchers: list[Matcher], expected: str) -> None:
        evidence = silence(START, START + 3600, *matchers)
        assert fate(deliveries=(), silences=[evidence]) == expected

    def test_failures_of_other_alerts_meanwhile_change_nothing(self) -> None:
        evidence = requests(email=(3, 3), webhook=(3, 3))
        assert fate(deliveries=(), windows=[window(START, START + 3600)], requests=evidence) == "suppressed"


def test_requests_as_prometheus_has_them(tmp_path: Path) -> None:
    history = History(START, 15, exporter={"job": "alertmanager"})
    name = "alertmanager_notification_requests"
    history.scraped(f"{name}_total", [4, 4, 6, 1, 2], integration="email")
    history.scraped(f"{name}_failed_total", [4, 4, 5, 0, 1], integration="email")
    history.scraped(f"{name}_total", [0, 0, 1, 1, 1], integration="slack", receiver_name="people")
    history.scraped(f"{name}_total", [0, 0, 0, 0, 0], integration="pagerduty")
    with prometheus_holding(tmp_path, history) as prometheus:
        seen = Requests.seen(prometheus, Window(START - 3600, START))
    # A restart of Alertmanager begins anew at 0.
    assert seen.between(START - 60, START) == {"email": (4, 2), "slack": (1, 0)}
    assert seen.between(START - 45, START - 30) == {"email": (2, 1), "slack": (1, 0)}
    assert seen.between(START, START + 60) == {}
