"""What nobody may see is taken out of all that goes into a bundle, before anything is written.

What looks like a secret, or is assigned to something that is called one, goes
(:func:`alignwatch.diagnostics.secrets.scrubbed`). What stands in a file, variable or key that is there for a
secret goes wherever else it stands, and a word that says such a thing in base64, in hexadecimal digits or as
in addresses goes as a whole. On request, mail addresses and names of branches go, too.
"""

import json
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from alignwatch.diagnostics.bundle.names import Pseudonyms
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.secrets import HIDDEN, names_secret, passwords_in, scrubbed
from alignwatch.names import legible
from alignwatch.settings import Settings
from alignwatch.settings.texts import texts_of

_MAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_SECRET_FILES = ("password_file", "token_file", "secret_file", "url_file")
_HEADERS = "headers"
_KEY_FOR_GIT, _VALUE_FOR_GIT = "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"
_LARGEST_SECRET = 64 * 1024
_SHORT = 6
"""Shorter secrets are hidden only where they stand alone."""
_LINE = 16
"""Of a secret of several lines each that is as long is hidden by itself, too."""
_PARTS = re.compile(r"[/=-]+")
_CODED = re.compile(
    r"(?<![\w+/=-])[\w+/=-]{16,}"
    r"|(?<![\w.~+/@:=%-])[\w.~+/@:=-]*+(?:%[0-9A-Fa-f]{2}[\w.~+/@:=-]*+)+"
)


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
        text = _CODED.sub(self._coded, self._without_secrets(text))
        if self._mail:
            text = _MAIL.sub(f"{HIDDEN}@{HIDDEN}", text)
        return legible(text if self._names is None else self._names.text(text))

    def data(self, value: Any) -> Any:
        """The same for what becomes JSON: each text in it, and what has a name that a secret has."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            # A variable is often told as its name and its value.
            named = names_secret(str(value.get("name")))
            return {
                self.text(str(key)): HIDDEN if named and key == "value" else self._of(str(key), one)
                for key, one in value.items()
            }
        if isinstance(value, Sequence) and not isinstance(value, bytes):
            return list(self._items(value))
        return value

    def _without_secrets(self, text: str) -> str:
        if self._known is None:
            return scrubbed(text)
        # What was hidden may have parted one.
        return self._known.sub(HIDDEN, scrubbed(self._known.sub(HIDDEN, text)))

    def _coded(self, word: re.Match[str]) -> str:
        return HIDDEN if any(self._without_secrets(one) != one for one in _read(word[0])) else word[0]

    def _of(self, key: str, value: Any) -> Any:
        if names_secret(key) and value not in (None, "", True, False) and not isinstance(value, Mapping):
            return HIDDEN
        if key == _HEADERS and isinstance(value, Mapping):
            return dict.fromkeys(value, HIDDEN)
        return self.data(value)

    def _items(self, values: Sequence[Any]) -> Iterator[Any]:
        """Of a command, an option's value is known by the program and the option that stand before it."""
        for number, value in enumerate(values):
            before = values[number - 1] if number else None
            if isinstance(value, str) and isinstance(before, str) and "-" in (before[:1], value[:1]):
                yield self._argument(f"{values[0]} {before}", value)
            else:
                yield self.data(value)

    def _argument(self, before: str, value: str) -> str:
        told, shown = self.text(f"{before} {value}"), f"{self.text(before)} "
        return told.removeprefix(shown) if told.startswith(shown) else HIDDEN


def known_secrets(context: Context, git_settings: Iterable[tuple[str, str]]) -> tuple[set[str], list[str]]:
    """What is kept in places that are there for secrets, and the settings whose file could not be read.

    Args:
        context: whose configuration and environment.
        git_settings: names and values of git's configuration.
    """
    found, unread = set(), []
    for key, path in texts_of(context.settings):
        if not key.endswith(_SECRET_FILES):
            continue
        try:
            found.add(_kept_in(path))
        except OSError:
            unread.append(key)
    found |= _credentials(context.settings)
    for name, value in (*_variables(context.environment), *git_settings):
        found |= passwords_in(value)
        # A program that asks for one, or a file that holds one, is none.
        if names_secret(name) and len(value) >= _SHORT and not os.path.exists(value):  # noqa: PTH110
            found.add(value)
    return found - {""}, unread


def _kept_in(path: str) -> str:
    file = Path(path).expanduser()
    # A pipe would keep us waiting for whoever fills it.
    if not file.is_file():
        raise FileNotFoundError(path)
    with file.open("rb") as opened:
        return opened.read(_LARGEST_SECRET).decode(errors="replace").strip()


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
                found.add(b64encode(f"{user}:{_kept_in(file)}".encode()).decode())
            except OSError:
                continue
    return found


def _forms(secret: str) -> Iterator[str]:
    """A secret in the ways in which it may be written."""
    lines = [line.strip() for line in secret.splitlines()]
    for one in (secret, *(line for line in lines if len(line) >= _LINE)):
        yield from (one, unquote(one), quote(one, safe=""), json.dumps(one)[1:-1])
        yield json.dumps(one, ensure_ascii=False)[1:-1]
        yield b64encode(one.encode()).decode()


def _read(word: str) -> Iterator[str]:
    """What a word, or a part of it, says, if it is coded: readable texts only."""
    if "%" in word:
        yield unquote(word)
        return
    for part in {word, *_PARTS.split(word)}:
        bare = part.rstrip("=")
        padded = bare + "=" * (-len(bare) % 4)
        readings: tuple[Callable[[], bytes], ...] = (
            partial(bytes.fromhex, part),
            partial(b64decode, padded, b"+/", validate=True),
            partial(b64decode, padded, b"-_", validate=True),
        )
        for read in readings:
            # Errors of binascii and of characters are ValueErrors.
            with suppress(ValueError):
                text = read().decode()
                if len(part) >= _LINE and all(one.isprintable() or one.isspace() for one in text):
                    yield text


def _pattern(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= _SHORT else rf"(?<!\w){escaped}(?!\w)"
