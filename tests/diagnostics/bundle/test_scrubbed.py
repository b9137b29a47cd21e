"""Nothing secret is left of a text, whatever form it has; what is none stays."""

import os
import time
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from alignwatch.diagnostics.bundle.redaction import Redactor, known_secrets
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.doctor import context_of
from alignwatch.diagnostics.secrets import HIDDEN, names_secret, passwords_in, scrubbed
from alignwatch.settings import Alerts, Email, Settings
from support.planted import CODED, PLANTED

FILES = tuple(
    kind for kind, (text, _) in PLANTED.items() if "\n" in text or kind.startswith(("JSON", "YAML"))
)
"""What begins a line, or is more than one."""
AROUND = ("INFO x: {}\nnext", "a {} b", 'x="{}"')
CASES = [
    *((kind, "{}") for kind in PLANTED),
    *((kind, how) for kind in PLANTED if kind not in FILES for how in AROUND),
]


@pytest.mark.parametrize(("kind", "around"), CASES)
def test_a_secret_of_every_shape_is_hidden(kind: str, around: str) -> None:
    text, secrets = PLANTED[kind]
    told = scrubbed(around.format(text) if around != "{}" else text)
    assert HIDDEN in told
    assert [secret for secret in secrets if secret in told] == []


@pytest.mark.parametrize(
    "text",
    [
        'alignment_branches{repository="app",state="merged"} 3',
        "remote.origin.url = git@host.example:team/app.git",
        "http://127.0.0.1:9090/graph?g0.expr=up&x=@1",
        "password_file: /etc/alignwatch/smtp",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "INFO alignwatch.daemon: listening on http://127.0.0.1:9847",
        "feature/tokenizer at /srv/git/app",
        "[http]\n\tpostBuffer = 1",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert scrubbed(text) == text


def test_what_stands_around_it_stays() -> None:
    assert scrubbed("a=1 password=x b=2") == f"a=1 password={HIDDEN} b=2"
    assert scrubbed('{"token": "x", "port": 1}') == f'{{"token": "{HIDDEN}", "port": 1}}'
    assert scrubbed("https://u:p@h/x") == f"https://{HIDDEN}@h/x"
    assert scrubbed("https://hc-ping.com/01234567-aaaa") == f"https://hc-ping.com/{HIDDEN}"


@pytest.mark.parametrize("kind", PLANTED)
def test_twice_is_no_more_than_once(kind: str) -> None:
    once = scrubbed(PLANTED[kind][0])
    assert scrubbed(once) == once


@pytest.mark.parametrize(
    "name",
    [
        "STRIPE_KEY",
        "GH_PAT",
        "password",
        "DB_PASSWORD",
        "http.extraheader",
        "clientSecret",
        "x-api-key",
        "smtppass",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize(
    "name", ["password_file", "require_tls", "GIT_CONFIG_KEY_0", "keep", "url", "tokenizer", "authors"]
)
def test_names_of_other_things(name: str) -> None:
    assert not names_secret(name)


def test_passwords_of_addresses() -> None:
    assert passwords_in("https://u:p%40ss@h and https://tok@h and ssh://git@h") == {"p%40ss", "tok"}


@pytest.mark.parametrize(
    "text",
    [
        "A" * 300_000,
        "password" * 30_000,
        "https://" * 30_000,
        'token="' * 30_000,
        "token: " * 30_000,
        ("QUJD" * 16 + "\n") * 4000,
    ],
)
def test_a_long_text_of_one_kind_takes_no_long_time(text: str) -> None:
    began = time.process_time()
    scrubbed(text)
    assert time.process_time() - began < 15


@pytest.mark.parametrize("kind", CODED)
@pytest.mark.parametrize("around", ["{}", *AROUND])
def test_what_is_coded_is_read(kind: str, around: str) -> None:
    text, secrets = CODED[kind]
    told = Redactor().text(around.format(text))
    assert [secret for secret in secrets if secret in told] == []


@pytest.mark.parametrize(
    "word",
    [
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "alignment_operation_duration_seconds",
        b64encode(b"nothing that anybody would hide").decode(),
        "feature%2Fsearch%20box",
    ],
)
def test_what_is_coded_and_none_stays(word: str) -> None:
    assert Redactor().text(word) == word


def test_a_secret_that_is_kept_somewhere_is_hidden_however_it_is_coded() -> None:
    redactor = Redactor(["correct horse/4k"])
    forms = (
        b64encode(b"alice:correct horse/4k").decode(),
        b"correct horse/4k".hex(),
        "correct%20horse/4k",
        "correct%20horse%2f4k",
    )
    assert [one for one in forms if redactor.text(f"sent {one}") == f"sent {one}"] == []


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["curl", "-u", "alice:hunter"], ["curl", "-u", HIDDEN]),
        (["docker", "login", "-p", "hunter", "host"], ["docker", "login", "-p", HIDDEN, "host"]),
        (["mysql", "-phunter", "db"], ["mysql", f"-p{HIDDEN}", "db"]),
        (["tool", "--password", "hunter"], ["tool", "--password", HIDDEN]),
        (["tool", "--port", "80", "-v"], ["tool", "--port", "80", "-v"]),
    ],
)
def test_an_argument_is_known_by_what_stands_before_it(command: list[str], shown: list[str]) -> None:
    assert Redactor().data(command) == shown


def test_names_that_are_no_text_can_be_told() -> None:
    told = Redactor().data({"folder": "/srv/caf\udce9", "all": ["\ud800"]})
    assert msgspec.json.decode(msgspec.json.encode(told)) == {"folder": "/srv/caf\\xe9", "all": ["\ufffd"]}


def test_a_secret_may_begin_as_a_path_does(context: Context) -> None:
    seen = replace(context, environment={"ACME_TOKEN": "/begins/as+a+path", "SSH_ASKPASS": "/bin/sh"})
    assert known_secrets(seen, ())[0] == {"/begins/as+a+path"}


def test_a_secret_that_is_a_pipe_is_not_waited_for(context: Context, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    email = Email(username="alice", password_file=str(tmp_path / "pipe"))
    settings = structs.replace(context.settings, alerts=Alerts(email=email))
    assert known_secrets(replace(context, settings=settings), ()) == (set(), ["alerts.email.password_file"])


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return context_of(Settings(state_dir=str(tmp_path)), environment={})
