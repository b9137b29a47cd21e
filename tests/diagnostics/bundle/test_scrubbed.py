"""Nothing secret is left of a text, whatever form it has; what is none stays."""

import time

import pytest

from alignwatch.diagnostics.secrets import HIDDEN, names_secret, passwords_in, scrubbed
from support.planted import PLANTED

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
    "name", ["password", "DB_PASSWORD", "http.extraheader", "clientSecret", "x-api-key", "smtppass"]
)
def test_names_of_secrets(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize("name", ["password_file", "require_tls", "keep", "url", "tokenizer", "authors"])
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
        ("QUJD" * 16 + "\n") * 4000,
    ],
)
def test_a_long_text_of_one_kind_takes_no_long_time(text: str) -> None:
    began = time.process_time()
    scrubbed(text)
    assert time.process_time() - began < 15
