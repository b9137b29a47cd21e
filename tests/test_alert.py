import json

from hypothesis import given
from hypothesis import strategies as st

from alignwatch.alert import Alert, fingerprint, merged

MOMENTS = st.floats(0, 4e9)
ALERTS = st.builds(
    Alert,
    labels=st.just({"alertname": "AlignmentX"}),
    annotations=st.one_of(st.just({}), st.builds(dict, summary=st.text(min_size=1))),
    starts=st.one_of(st.none(), MOMENTS),
    ends=MOMENTS,
)


def test_the_fingerprint_is_prometheus_s_own() -> None:
    # As Alertmanager 0.25 showed it.
    labels = {"severity": "critical", "alertname": "AlignmentBackupFailed", "a": '"b"\nc'}
    assert fingerprint(labels) == "377cd46af0ac04d4"


@given(ALERTS, ALERTS, ALERTS)
def test_it_does_not_matter_when_what_waits_is_put_together(one: Alert, two: Alert, three: Alert) -> None:
    assert merged(merged(one, two), three) == merged(one, merged(two, three))


@given(ALERTS, ALERTS)
def test_people_learn_of_what_began_and_the_newest_end_holds(waiting: Alert, newer: Alert) -> None:
    left = merged(waiting, newer)
    began = [one.starts for one in (waiting, newer) if one.starts is not None]
    assert left.starts == (min(began) if began else None)
    assert left.ends == newer.ends
    assert left.annotations == (newer.annotations or waiting.annotations)
    assert left.identity == waiting.identity


@given(ALERTS)
def test_raised_twice_it_is_one(alert: Alert) -> None:
    assert merged(alert, alert) == alert


@given(ALERTS)
def test_it_survives_json(alert: Alert) -> None:
    assert Alert(**json.loads(json.dumps(alert._asdict()))) == alert
