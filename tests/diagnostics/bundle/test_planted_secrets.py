"""The bundle of a world full of secrets holds none of them."""

import io
import json
import sqlite3
import tarfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from alignwatch.diagnostics.bundle.archive import manifest_of, packed
from alignwatch.diagnostics.bundle.contents import Wish, collect
from support.doctor import Servers, World, template, world
from support.planted import CODED, PEM, PLANTED, PRIVATE_LINES
from support.serving import content_with, running

IN_FILES = {
    "alerts.email.password_file": "Zürich smtp 9a",
    "alerts.slack.api_url_file": "https://chat.example.invalid/secret9b",
    "report.prometheus.bearer_token_file": "bearer9c",
    "alerts.webhook.token_file": PEM,
    "alerts.dead_mans_switch.token_file": "q9",
}
"""Setting -> what its file holds; nothing of it looks like a secret."""
ELSEWHERE = {
    "env9d": "in a variable that is called a token",
    "header9e": "a header of a server",
    "gitvar9f": "given to git in a variable",
    "gitkey9g": "a key of git's configuration",
    "ping9h": "the path of an address that messages are sent to",
}
EVERYTHING = {**PLANTED, **CODED}
BASIC = b64encode(f"alice:{IN_FILES['alerts.email.password_file']}".encode()).decode()
"""As user and password are sent to a server."""
MAIL = "somebody9i@example.invalid"
TOPIC = "feature/secret-customer9j"
ODD = 'odd,"(9k)'


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Every secret in every place: remotes, branches, work trees, journal, logs, labels, environment ..."""
    folder = tmp_path_factory.mktemp("planted")
    with pytest.MonkeyPatch.context() as patch, ExitStack() as ends:
        one = ends.enter_context(
            world(folder / "world", template(folder), patch, Servers(folder / "servers", ends))
        )
        for number, (text, _) in enumerate(EVERYTHING.values()):
            one.git("config", "--add", f"planted.text{number}", text)
            if "://" in text and " " not in text:
                one.git("remote", "add", f"r{number}", text)
                one.git("config", f"url.{text}.insteadOf", f"x{number}:")
            if not set(text) & set(" ~^:?*[\\\n") and ".." not in text and not text.startswith("/"):
                one.git("branch", f"work/{text}", "main")
                one.git("worktree", "add", "--quiet", "--detach", str(one.folder / f"wt-{text}"), check=False)
            one.environment[f"GIT_PLANTED_{number}"] = text
        fill(one)
        # The exporter is a thread of this process, which has much else to do meanwhile.
        one.patch("diagnostics.servers.SECONDS", 10.0)
        site = ends.enter_context(running(content_with(page())))
        one.set("report.exporter.url", site.addresses[0])
        yield one


def fill(one: World) -> None:
    one.git("config", "acme.password", "gitkey9g")
    one.git("branch", TOPIC, "main")
    one.git("branch", ODD, "main")
    one.git("worktree", "add", "--quiet", str(one.folder / "customer9j-work"), TOPIC)
    one.environment |= {"ACME_TOKEN": "env9d-value", "GIT_CONFIG_COUNT": "1"}
    one.environment |= {"GIT_CONFIG_KEY_0": "acme.pwd", "GIT_CONFIG_VALUE_0": "gitvar9f"}
    everything = "\n".join(
        [
            *(text for text, _ in EVERYTHING.values()),
            *IN_FILES.values(),
            f"env9d-value gitvar9f gitkey9g header9e {BASIC}",
            MAIL,
            f"{TOPIC} refs/heads/{TOPIC} origin/{TOPIC} main..{TOPIC} {TOPIC}.lock",
            ODD,
        ]
    )
    for key, value in IN_FILES.items():
        one.set(key, str(one.write(f"secrets/{key}", f"{value}\n", 0o600)))
    one.set("alerts.email.username", "alice")
    one.set("report.prometheus.headers", {"X-Scope": "header9e"})
    one.set("alerts.dead_mans_switch.url", "https://ping.example.invalid/ping9h")
    one.set(
        "hooks", [{"name": "x", "command": ["curl", "--token", "env9d-value", PLANTED["bearer header"][0]]}]
    )
    one.recorded()
    with closing(sqlite3.connect(one.journal)) as connection, connection:
        for number, text in enumerate([everything, TOPIC, *(text for text, _ in EVERYTHING.values())]):
            connection.execute(
                "INSERT INTO operations (repository, operation_id, operation, branch, target, outcome,"
                " started, ended, duration, source)"
                " VALUES ('app', ?, 'rebase', ?, 'main', 'success', 1, 2, 1, 'x')",
                (str(number), text),
            )
            labels = json.dumps({"branch": text, "severity": "critical"})
            connection.execute(
                "INSERT INTO deliveries VALUES ('r', 'firing', ?, ?, NULL, 1, 1, 1)", (labels, number)
            )
        connection.execute(
            "INSERT INTO maintenance_runs (task, repository, claimed, reason, output, pid, boot_id,"
            " process_started) VALUES ('command', 'app', 1, ?, ?, 1, 'x', 1)",
            (everything, everything),
        )
    one.write("state/stack/exporter.log", everything)
    one.write("app/.git/gc.log", everything)
    one.program("journalctl", f"cat {one.write('journald', everything)}")


def page() -> bytes:
    """Metrics with secrets as labels."""

    def label(text: str) -> str:
        return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

    texts = [*(text for text, _ in EVERYTHING.values()), *IN_FILES.values(), MAIL, TOPIC, ODD]
    lines = [f'alignment_probe_duration_seconds{{probe="p",repository="{label(text)}"}} 1' for text in texts]
    return "\n".join([*lines, ""]).encode()


def members(one: World, wish: Wish) -> dict[str, str]:
    """Everything in the bundle, unpacked, with its names."""
    contents = collect(one.context(), wish)
    data = packed(contents, manifest_of(contents, wish, 1.0), 1.0)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {
            f"{entry.name} {entry.uname}{entry.gname}": file.read().decode()
            for entry in tar
            if (file := tar.extractfile(entry))
        }


@pytest.fixture(scope="module")
def usual(planted: World) -> dict[str, str]:
    return members(planted, Wish())


def test_it_holds_all_that_it_should(usual: dict[str, str]) -> None:
    manifest = json.loads(usual["alignwatch-bundle/manifest.json "])
    assert manifest["missing"] == []
    assert {one["name"].partition("/")[0] for one in manifest["members"]} >= {
        "doctor.json",
        "versions.json",
        "configuration.json",
        "environment.json",
        "repositories",
        "journal",
        "logs",
        "exporter",
    }
    assert {f"alignwatch-bundle/{one['name']} " for one in manifest["members"]} | {
        "alignwatch-bundle/manifest.json "
    } == set(usual)


@pytest.mark.parametrize("kind", EVERYTHING)
def test_no_planted_secret_is_in_it(kind: str, usual: dict[str, str]) -> None:
    for secret in EVERYTHING[kind][1]:
        assert [name for name, text in usual.items() if secret in name or secret in text] == []


@pytest.mark.parametrize("secret", [*IN_FILES.values(), *ELSEWHERE, *PRIVATE_LINES, BASIC])
def test_nor_anything_that_is_kept_as_a_secret(secret: str, usual: dict[str, str]) -> None:
    forms = {secret, json.dumps(secret)[1:-1], secret.replace("\n", r"\n")}
    assert [name for name, text in usual.items() if any(form in name + text for form in forms)] == []


def test_what_is_no_secret_stays(usual: dict[str, str]) -> None:
    together = "".join(usual.values())
    assert MAIL in together
    assert TOPIC in together


def test_on_request_there_are_no_mail_addresses_and_no_names_of_branches(planted: World) -> None:
    first, second = (members(planted, Wish(mail=True, branches=True)) for _ in range(2))
    together = "".join(first) + "".join(first.values())
    for hidden in (MAIL, "somebody9i", TOPIC, "customer9j", ODD, "9k"):
        assert hidden not in together
    pseudonyms = {
        row["branch"]
        for row in json.loads(first["alignwatch-bundle/journal/operations.json "])
        if row["operation_id"] == "1"
    }
    (pseudonym,) = pseudonyms
    assert pseudonym.startswith("branch-")
    for form in ("{}", "refs/heads/{}", "origin/{}", "main..{}", "{}.lock"):
        assert form.format(pseudonym) in first["alignwatch-bundle/logs/exporter.log "]
    log = "alignwatch-bundle/logs/exporter.log "
    assert first[log] == second[log]


def test_a_secret_that_cannot_be_read_is_said(planted: World) -> None:
    file = Path(planted.settings.alerts.email.password_file or "")
    aside = file.rename(file.with_name("aside"))
    try:
        contents = collect(planted.context(), parts=())
    finally:
        aside.rename(file)
    (missing,) = contents.missing
    assert (missing.part, "cannot be read" in missing.why) == ("alerts.email.password_file", True)
