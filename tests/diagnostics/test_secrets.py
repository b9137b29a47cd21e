"""What looks like a secret is found and hidden; what only looks unusual is neither."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.diagnostics.secrets import HIDDEN, secret_in, without_secrets
from support.injections.security import AWS, GITHUB, GITLAB, JWT, KEY, PASSWORD, SLACK

PLANTED = {
    "a password in an address": (f"https://alice:{PASSWORD}@host/x", PASSWORD),
    "a token of GitHub": (f"https://{GITHUB}@host/x", GITHUB),
    "a token of GitLab": (f"PRIVATE {GITLAB}", GITLAB),
    "a token of Slack": ("xo" + "xb-1234567890-abcdef", "1234567890-abcdef"),
    "the address of a Slack webhook": (SLACK, "x9" * 12),
    "a key of AWS": (f"key {AWS}.", AWS),
    "a key of Google": ("AI" + "za" + "Sy1" * 11 + "xx", "Sy1" * 11),
    "a token of npm": ("np" + "m_" + "a1" * 18, "a1" * 18),
    "a token of PyPI": ("py" + "pi-" + "Ab1" * 10, "Ab1" * 10),
    "a key of an AI service": ("s" + "k-" + "Ab1_" * 8, "Ab1_" * 8),
    "a JSON web token": (JWT, JWT),
    "a private key": (f"before {KEY} after", "b3BlbnNzaC1rZXk"),
    "credentials in a header": (f"AUTHORIZATION: basic {PASSWORD}", PASSWORD),
    "a secret in an address": (f"https://host/x?private_token={PASSWORD}&y=1", PASSWORD),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_secret_is_found_by_its_kind_and_hidden(kind: str) -> None:
    text, secret = PLANTED[kind]
    assert secret_in(text) == kind
    assert secret not in without_secrets(text)
    assert HIDDEN in without_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://alice@host.example/app.git",
        "git@host.example:team/app.git",
        "ssh://git@host.example:22/app.git",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "feature/sk-learn-upgrade-of-everything-2026",
        "https://host.example:8443/a@b",
        "authorization is off",
    ],
)
def test_what_is_none_is_left_alone(text: str) -> None:
    assert secret_in(text) is None
    assert without_secrets(text) == text


@given(before=st.text(max_size=20), after=st.text(max_size=20), kind=st.sampled_from(sorted(PLANTED)))
def test_whatever_stands_around_it_a_secret_is_hidden(before: str, after: str, kind: str) -> None:
    text, secret = PLANTED[kind]
    assert secret not in without_secrets(f"{before} {text} {after}")


def test_hiding_twice_changes_nothing_more() -> None:
    for text, _ in PLANTED.values():
        once = without_secrets(text)
        assert without_secrets(once) == once
