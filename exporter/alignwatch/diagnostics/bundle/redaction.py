"""What nobody may see is taken out of all that goes into a bundle, before anything is written.

What looks like a secret, or is assigned to something that is called one, goes
(:func:`alignwatch.diagnostics.secrets.scrubbed`). What stands in a file, variable or key that is there for a
secret goes wherever else it stands. On request, mail addresses and names of branches go, too.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from alignwatch.diagnostics.bundle.names import Pseudonyms
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.secrets import HIDDEN, names_secret, passwords_in, scrubbed
from alignwatch.settings import Settings

_MAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_SECRET_FILES = ("password_file", "token_file", "secret_file", "url_file")
_HEADERS = "headers"
_KEY_FOR_GIT, _VALUE_FOR_GIT = "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"
_LARGEST_SECRET = 64 * 1024
_SHORT = 6
"""Shorter secrets are hidden only where they stand alone."""
_LINE = 16
"""Of a secret of several lines each that is as long is hidden by itself, too."""
_OPTION = re.compile(r"--?[\w-]+")


class Redactor:
    """Hides what nobody may see.

    Args:
        known: secrets, as they stand where they are kept.
        mail: whether addresses are hidden.
        names: what names of branches are replaced with; None: they stay.
    """

    def __init__(
        self, known: Iterable[str] = (), *, mail: bool = False, names: Pseudonyms | None = None
    ) -> None:
        forms = sorted({form for one in known for form in _forms(one)}, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(_pattern, forms))) if forms else None
        self._mail = mail
        self._names = names

    def text(self, text: str) -> str:
        """The text without what nobody may see."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = scrubbed(text)
        if self._known is not None:
            # What was hidden may have parted one.
            text = self._known.sub(HIDDEN, text)
        if self._mail:
            text = _MAIL.sub(f"{HIDDEN}@{HIDDEN}", text)
        return text if self._names is None else self._names.text(text)

    def data(self, value: Any) -> Any:
        """The same for what becomes JSON: each text in it, and what has a name that a secret has."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._of(str(key), one) for key, one in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, bytes):
            return list(self._items(value))
        return value

    def _of(self, key: str, value: Any) -> Any:
        if names_secret(key) and value not in (None, "", True, False) and not isinstance(value, Mapping):
            return HIDDEN
        if key == _HEADERS and isinstance(value, Mapping):
            return dict.fromkeys(value, HIDDEN)
        return self.data(value)

    def _items(self, values: Sequence[Any]) -> Iterator[Any]:
        """What follows an option such as ``--password`` is its value."""
        before: Any = None
        for value in values:
            option = isinstance(before, str) and _OPTION.fullmatch(before)
            yield HIDDEN if option and names_secret(before) and isinstance(value, str) else self.data(value)
            before = value


def known_secrets(context: Context, git_settings: Iterable[tuple[str, str]]) -> tuple[set[str], list[str]]:
    """What is kept in places that are there for secrets, and the settings whose file could not be read.

    Args:
        context: whose configuration and environment.
        git_settings: names and values of git's configuration.
    """
    found, unread = set(), []
    for key, path in _secret_files("", msgspec.to_builtins(context.settings)):
        try:
            with Path(path).expanduser().open("rb") as file:
                found.add(file.read(_LARGEST_SECRET).decode(errors="replace").strip())
        except OSError:
            unread.append(key)
    found |= _credentials(context.settings)
    for name, value in (*_variables(context.environment), *git_settings):
        found |= passwords_in(value)
        if names_secret(name) and len(value) >= _SHORT and not value.startswith("/"):
            found.add(value)
    return found - {""}, unread


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names and values, of settings that git is given that way, too."""
    yield from environment.items()
    for name, key in environment.items():
        if name.startswith(_KEY_FOR_GIT):
            yield key, environment.get(name.replace(_KEY_FOR_GIT, _VALUE_FOR_GIT), "")


def _credentials(settings: Settings) -> set[str]:
    """What is sent to servers besides."""
    report = settings.report
    servers = (report.prometheus, report.alertmanager, report.exporter)
    found = {value for server in servers for value in server.headers.values() if len(value) >= _SHORT}
    for user, file in (
        *((server.username, server.password_file) for server in servers),
        (settings.alerts.email.username, settings.alerts.email.password_file),
    ):
        if user and file:
            try:
                password = Path(file).expanduser().read_text(errors="replace").strip()
            except OSError:
                continue
            found.add(b64encode(f"{user}:{password}".encode()).decode())
    return found


def _secret_files(key: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _secret_files(f"{key}.{name}" if key else str(name), inner)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _secret_files(f"{key}[{number}]", inner)
    elif isinstance(value, str) and key.endswith(_SECRET_FILES):
        yield key, value


def _forms(secret: str) -> Iterator[str]:
    """A secret in the ways in which it may be written."""
    lines = [line.strip() for line in secret.splitlines()]
    for one in (secret, *(line for line in lines if len(line) >= _LINE)):
        yield from (one, unquote(one), quote(one, safe=""), json.dumps(one)[1:-1])
        yield json.dumps(one, ensure_ascii=False)[1:-1]
        yield b64encode(one.encode()).decode()


def _pattern(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= _SHORT else rf"(?<!\w){escaped}(?!\w)"
