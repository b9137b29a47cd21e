import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.alerting.draft import labels_of, new_alert, news_of_end
from alignwatch.errors import UsageError

NOW = 1_700_000_000.0
LABELS = {"alertname": "AlignmentX", "severity": "info"}


def draft(**changes: Any) -> Any:
    given: dict[str, Any] = {
        "message": "m",
        "description": "",
        "runbook_url": None,
        "dashboard_url": None,
        "active_seconds": 3600.0,
        "now": NOW,
    }
    return new_alert(LABELS, **{**given, **changes})


def test_an_alert_holds_from_now_until_it_ends_by_itself() -> None:
    alert = draft(description="more", runbook_url="https://example.org/r", dashboard_url="http://example.org")
    assert (alert.labels, alert.starts, alert.ends) == (LABELS, NOW, NOW + 3600)
    assert alert.annotations == {
        "summary": "m",
        "description": "more",
        "runbook_url": "https://example.org/r",
        "dashboard_url": "http://example.org",
    }
    over = news_of_end(LABELS, NOW)
    assert (over.labels, over.annotations, over.starts, over.ends) == (LABELS, {}, None, NOW)


def test_prose_is_cut_and_a_message_is_one_line() -> None:
    alert = draft(message=" a\r\n b\t" + "x" * 300, description="d" * 5000)
    summary, description = alert.annotations["summary"], alert.annotations["description"]
    assert (summary[:4], summary[-1], len(summary)) == ("a b ", "…", 256)
    assert (description[-1], len(description)) == ("…", 4096)


@given(st.text(), st.text())
def test_whatever_the_prose_is_it_is_text(message: str, description: str) -> None:
    hostile = f"m {message} \ud800 \udce9 {{{{ .Labels }}}}"
    alert = draft(message=hostile, description=description)
    for text in alert.annotations.values():
        assert text.encode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"message": " \n"}, "the message is empty; say in one line what is wrong"),
        ({"active_seconds": 599}, "cannot stay active for 599 s; give 10 minutes to 30 days"),
        ({"active_seconds": 31 * 86400}, "give 10 minutes to 30 days"),
        ({"active_seconds": float("nan")}, "give 10 minutes to 30 days"),
        ({"runbook_url": "javascript:alert(1)"}, "is no address of a runbook; write https://..."),
        ({"dashboard_url": "https://a b"}, "is no address of a dashboard"),
        ({"dashboard_url": "https://" + "a" * 2048}, "is no address of a dashboard"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        draft(**changes)


def test_an_empty_label_is_none_and_bytes_are_as_everywhere() -> None:
    labels = labels_of("AlignmentX", "info", "caf\udce9", {"kind": "", "path": '"a"\nb'})
    assert labels == {**LABELS, "repository": r"caf\xe9", "path": '"a"\nb'}
    assert labels_of("AlignmentX", "info", None, None) == LABELS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("HostDown", "info", None, {}), "'HostDown' is no name of an alert; write Alignment and"),
        (("Alignment", "info", None, {}), "is no name of an alert"),
        (("AlignmentX\n", "info", None, {}), "is no name of an alert"),
        (("AlignmentX", "none", None, {}), "'none' is no severity; choose from info, warning, critical"),
        (
            ("AlignmentX", "info", None, {"severity": "info"}),
            "label severity is given by an argument of its own",
        ),
        (("AlignmentX", "info", None, {"a-b": "c"}), "'a-b' is no name of a label"),
        (("AlignmentX", "info", None, {"__name__": "c"}), "'__name__' is no name of a label"),
        (("AlignmentX", "info", None, {"": "c"}), "'' is no name of a label"),
        (
            ("AlignmentX", "info", None, {f"l{n}": "v" for n in range(17)}),
            "17 labels are too many; give at most 16",
        ),
        (
            ("AlignmentX", "info", None, {"path": "x" * 257}),
            "label path has 257 characters; give at most 256",
        ),
        (("AlignmentX", "info", "x" * 257, {}), "label repository has 257 characters"),
    ],
)
def test_what_does_not_tell_alerts_apart_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        labels_of(*arguments)
