"""False alarms: a quiet month raises none, and a busy one only those that docs/months.md explains."""

import re
from collections import Counter
from pathlib import Path

import pytest

from support.activity import BUSY, QUIET, Activity
from support.evaluation import Evaluation
from support.months import MOMENTS, Incident, Month, What
from support.servers import write_history

EXPLAINED = Path(__file__).parents[2] / "docs" / "months.md"
SILENT = "none"
"""The severity of alerts that are never sent."""

INCIDENTS = (
    Incident(What.PAUSED, day=2, hour=14, hours=1),
    Incident(What.LOCK_HELD, day=3, hour=5, hours=0.4),
    Incident(What.PAUSED, day=4, hour=17.5, hours=15.5),
    Incident(What.PAUSED, day=7, hour=14, hours=0.7),
    Incident(What.PAUSED, day=9, hour=9, hours=1.5),
    Incident(What.LIE, day=9, hour=11),
    Incident(What.PAUSED, day=10, hour=19, hours=13.5),
    Incident(What.LOCK_HELD, day=11, hour=10, hours=0.3),
    # The machine is started anew, in the middle of a rebase.
    Incident(What.EXPORTER_AWAY, day=12, hour=9, hours=1 / 30),
    Incident(What.LOCK_LEFT, day=12, hour=9, hours=1.6),
    Incident(What.PAUSED, day=13, hour=6, hours=0.5),
    Incident(What.REFACTORING, day=13, hour=10),
    Incident(What.WORK_LOST, day=16, hour=18),
    # An upgrade.
    Incident(What.EXPORTER_AWAY, day=18, hour=10, hours=1 / 60),
    Incident(What.LOCK_HELD, day=19, hour=7, hours=0.4),
)


def raised(folder: Path, activity: Activity, incidents: tuple[Incident, ...] = ()) -> Counter[str]:
    """Alert and severity -> on how many days it began to fire."""
    folder.mkdir()
    write_history(folder / "data", "".join(Month(activity, incidents, folder).openmetrics()))
    firings = Evaluation(folder, MOMENTS).firings()
    days = {(f"{one.alert} {one.severity}", one.begin // 86400) for one in firings if one.severity != SILENT}
    return Counter(alert for alert, _ in days)


def explained(month: str) -> dict[str, int]:
    """What the document says of one month: as :func:`raised`."""
    (section,) = re.findall(rf"^## {month}$(.*?)(?=^## |\Z)", EXPLAINED.read_text(), re.DOTALL | re.MULTILINE)
    rows = re.findall(r"^\| (\w+) \| (\w+) \| (\d+) \| \S", section, re.MULTILINE)
    return {f"{alert} {severity}": int(days) for alert, severity, days in rows}


@pytest.mark.parametrize(
    ("month", "activity", "incidents"),
    [("A quiet month", QUIET, ()), ("A busy month", BUSY, INCIDENTS)],
    ids=["quiet", "busy"],
)
def test_every_alert_of_a_month_is_explained(
    month: str, activity: Activity, incidents: tuple[Incident, ...], tmp_path: Path
) -> None:
    assert raised(tmp_path / "month", activity, incidents) == explained(month)


def test_a_quiet_month_has_neither_warning_nor_critical() -> None:
    assert {severity for _, severity in map(str.split, explained("A quiet month"))} <= {"info"}
