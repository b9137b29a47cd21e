"""``alignwatch alert`` as a person calls it, with a real Alertmanager."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alignwatch.alert import fingerprint
from alignwatch.alerting.proof import Proof, Verdict
from alignwatch.cli import load, main
from alignwatch.cli.alert import ACTIONS
from support import servers
from support.alerting import ROUTES
from support.servers import post_json


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with servers.alertmanager(tmp_path / "alertmanager", ROUTES) as server:
        yield server.url


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs an action; returns exit code, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["alert", *arguments])
        return code, *capsys.readouterr()

    return run


def send(name: str, url: str, *more: str) -> tuple[str, ...]:
    given = ("--severity", "warning", "--message", "It is wrong") if "--resolve" not in more else ()
    return ("send", "--name", name, *given, *more, "--alertmanager", url)


def identity(name: str, **labels: str) -> str:
    return fingerprint({"alertname": name, "severity": "warning", **labels})


def test_sent_and_resolved(url: str, said: Any) -> None:
    more = ("--repository", "app", "--label", "kind=a=b", "--for", "2h", "--description", "more")
    number = identity("AlignmentA", repository="app", kind="a=b")
    assert said(*send("AlignmentA", url, *more)) == (0, f"sent AlignmentA ({number})\n", "")
    code, out, _ = said("list", "--json", "--alertmanager", url)
    (alert,) = json.loads(out)
    since = alert.pop("since")
    assert code == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", since)
    assert alert == {
        "state": "active",
        "severity": "warning",
        "name": "AlignmentA",
        "labels": {"alertname": "AlignmentA", "severity": "warning", "repository": "app", "kind": "a=b"},
        "summary": "It is wrong",
        "by": None,
        "fingerprint": number,
    }
    over = ("--severity", "warning", "--repository", "app", "--label", "kind=a=b", "--resolve")
    assert said(*send("AlignmentA", url, *over))[:2] == (0, f"sent AlignmentA ({number})\n")
    assert said("list", "--alertmanager", url) == (0, "no alert is active\n", "")


def test_queued_and_listed_though_nobody_answers(nowhere: str, said: Any) -> None:
    code, out, err = said(*send("AlignmentB", nowhere, "--json"))
    result = json.loads(out)
    assert (code, err, result["status"]) == (0, "", "queued")
    assert result["fingerprint"] == identity("AlignmentB")
    assert "Connection refused" in result["reason"]
    assert said(*send("AlignmentC", nowhere, "--severity", "warning", "--resolve"))[0] == 0
    code, out, err = said("list", "--alertmanager", nowhere)
    assert code == 1
    assert err.startswith(f"alignwatch alert: Alertmanager at {nowhere} cannot be reached")
    assert re.search(
        r"^queued +warning +AlignmentB +\S+Z  It is wrong +waits for the exporter to send it$", out, re.M
    )
    assert re.search(r"^queued +warning +AlignmentC +\S+Z  the news that it is over", out, re.M)


def test_nothing_to_list_and_nobody_to_ask(nowhere: str, said: Any) -> None:
    code, out, err = said("list", "--alertmanager", nowhere)
    assert (code, out) == (1, "")
    assert "cannot be reached" in err


def test_failed(nowhere: str, tmp_path: Path, said: Any) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    code, out, _ = said(*send("AlignmentB", nowhere))
    assert code == 1
    assert out.startswith(
        f"failed AlignmentB ({identity('AlignmentB')}): Alertmanager at {nowhere} cannot be"
    )


def test_the_list_says_what_holds_an_alert_back(url: str, said: Any) -> None:
    for name in ("AlignmentExporterDown", "AlignmentInhibited", "AlignmentSilenced"):
        said(*send(name, url))
    someone = {"labels": {"alertname": "SomebodyElses"}}
    silent = {"labels": {"alertname": "AlignmentWatchdog", "severity": "none"}}
    post_json(f"{url}/api/v2/alerts", [someone, silent])
    code, out, _ = said("silence", "AlignmentSilenced", "--comment", "known\x1b[2J", "--alertmanager", url)
    assert code == 0
    number = out.split()[0]

    code, out, _ = said("list", "--alertmanager", url)
    rows = [re.split(r"  +", line) for line in out.splitlines()]
    assert code == 0
    assert [(row[0], row[2], *row[5:]) for row in rows] == [
        ("STATE", "ALERT", "HELD BACK BY"),
        ("active", "AlignmentExporterDown"),
        ("suppressed", "AlignmentInhibited", "AlignmentExporterDown"),
        ("suppressed", "AlignmentSilenced", rf"silence {number} (known\x1b[2J)"),
    ]
    _, out, _ = said("list", "--all", "--json", "--alertmanager", url)
    assert {"SomebodyElses", "AlignmentWatchdog"} < {one["name"] for one in json.loads(out)}


def test_a_silence_from_its_beginning_to_its_end(url: str, said: Any) -> None:
    asked = ("--alertmanager", url)
    assert said("silences", *asked) == (0, "nothing is silenced\n", "")
    code, out, _ = said(
        *("silence", "AlignmentOperationStuck", 'kind=~"a|b"', "--repository", 'a"b', "--for", "1d"),
        *("--comment", "the team is on it", "--by", "me", *asked),
    )
    number, matchers = (
        out.split()[0],
        ['alertname="AlignmentOperationStuck"', 'kind=~"a|b"', r'repository="a\"b"'],
    )
    assert code == 0
    assert f"{number} holds back {', '.join(matchers)} until 20" in out
    assert f"end it sooner with: alignwatch alert unsilence {number}" in out

    code, out, _ = said("silences", "--json", *asked)
    (silence,) = json.loads(out)
    assert code == 0
    assert silence.pop("since") < silence.pop("until")
    assert silence == {
        "id": number,
        "state": "active",
        "matchers": matchers,
        "by": "me",
        "comment": "the team is on it",
    }
    assert said("unsilence", number, *asked) == (0, f"{number} is over\n", "")
    assert said("silences", *asked)[1] == "nothing is silenced\n"
    assert f"{number}  expired" in said("silences", "--expired", *asked)[1]
    assert said("unsilence", "absent", *asked) == (
        2,
        "",
        "alignwatch alert: no silence 'absent'; alignwatch alert silences lists them\n",
    )


def test_everything_is_silenced_only_on_purpose(url: str, said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError

    asked = ("--comment", "why", "--alertmanager", url)
    code, out, err = said("silence", "severity=critical", *asked)
    assert (code, out) == (2, "")
    assert 'severity="critical" would hold back critical alerts that nobody has heard of yet' in err
    assert said("silence", "severity=critical", "--yes", *asked)[0] == 0
    monkeypatch.setattr("getpass.getuser", unknown)
    assert said("silence", "severity=info", *asked)[0] == 0
    by = {one["by"] for one in json.loads(said("silences", "--json", "--alertmanager", url)[1])}
    assert "unknown" in by
    assert len(by) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("silence", "--comment", "why"), 2, "nothing says what to silence; name an alert, a label or"),
        (("silence", "a b", "--comment", "why"), 2, "'a b' is no matcher"),
        (
            ("silence", "AlignmentX", "--for", "soon", "--comment", "why"),
            2,
            "--for 'soon' is no length of time",
        ),
        (("silence", "kind=~(", "--comment", "why"), 1, "missing closing )"),
        (send("AlignmentX", "ftp://secret"), 2, "--alertmanager is no http(s) address"),
        (send("Backup", "http://127.0.0.1:1"), 2, "'Backup' is no name of an alert"),
        (send("AlignmentX", "http://127.0.0.1:1", "--label", "a"), 2, "--label 'a' has no value"),
        (
            send("AlignmentX", "http://127.0.0.1:1", "--label", "a=b", "--label", "a=c"),
            2,
            "--label a is given twice",
        ),
        (send("AlignmentX", "http://127.0.0.1:1", "--for", "1m"), 2, "cannot stay active for 60 s"),
        (("test", "--channel", "email", "--timeout", "0"), 2, "--timeout '0' is no length of time"),
        (("list", "--config", "absent.yaml"), 2, "absent.yaml: cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line(
    url: str, said: Any, arguments: tuple[str, ...], code: int, message: str
) -> None:
    if "--alertmanager" not in arguments:
        arguments = (*arguments, "--alertmanager", url)
    found, out, err = said(*arguments)
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert message in err
    assert "secret" not in err


def test_a_channel_that_is_not_set_up(url: str, said: Any) -> None:
    code, out, _ = said("test", "--channel", "slack", "--alertmanager", url)
    assert code == 3
    assert out.startswith("not delivered: Alertmanager's configuration has no route for tests of slack;")


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.DELIVERED, 0), (Verdict.UNKNOWN, 4)])
def test_how_far_a_test_came(said: Any, monkeypatch: pytest.MonkeyPatch, verdict: Verdict, code: int) -> None:
    monkeypatch.setattr("alignwatch.cli.alert.test.prove", lambda *_: Proof(verdict, "so it is"))
    assert said("test", "--channel", "email") == (code, f"{verdict}: so it is\n", "")


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_has_help_with_an_example(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["alert", action, "--help"])
    assert f"example:\n  alignwatch alert {action}" in capsys.readouterr().out
    assert load(ACTIONS[action]).__doc__ == f"``alignwatch alert {action}``."


def test_an_action_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["alert", "shout"])
    assert "invalid choice: 'shout'" in capsys.readouterr().err
