from datetime import UTC, datetime

from alignwatch.alerting.suppression import held_back_by
from alignwatch.servers.alertmanager import HeldAlert, Matcher, Silence, SilenceStatus, Status

NOW = datetime.now(UTC)


def alert(fingerprint: str, name: str, **status: list[str]) -> HeldAlert:
    return HeldAlert({"alertname": name}, {}, NOW, Status("suppressed", **status), fingerprint)


def test_everything_that_holds_an_alert_back_is_named() -> None:
    held = alert(
        "a", "AlignmentX", silenced_by=["1", "2"], inhibited_by=["b", "c", "b2", "gone"], muted_by=["night"]
    )
    others = [held, alert("b", "AlignmentDown"), alert("b2", "AlignmentDown"), alert("c", "AlignmentBroken")]
    silence = Silence([Matcher("a", "b")], NOW, NOW, "me", "known", "1", SilenceStatus("active"))
    assert held_back_by(held, others, [silence]) == (
        "silence 1 (known), silence 2, AlignmentBroken, AlignmentDown, alert gone, time interval night"
    )


def test_what_is_told_is_held_back_by_nothing() -> None:
    assert held_back_by(alert("a", "AlignmentX"), []) == ""
