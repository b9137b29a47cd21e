"""Who may connect, and how: a web configuration file in exporter-toolkit's format.

Supported are TLS with client certificates, users with bcrypt hashes, and response headers; see
https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md. A key that has no
effect here is refused, because most of them would make the server stricter.
"""

import logging
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from alignwatch.configuration.document import Node, parse
from alignwatch.configuration.fault import Faults
from alignwatch.errors import UsageError
from alignwatch.web.basic_auth import BasicAuth, Users

_log = logging.getLogger(__name__)

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_HEADERS: Mapping[str, tuple[str, ...]] = {
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
    "Content-Security-Policy": (),
}
"""Headers that may be set, and their values where only some make sense."""
_HASH = re.compile(r"\$2[abxy]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")

Version = Literal["TLS12", "TLS13"]
_Stamp = tuple[int, int, int] | None


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping in the file."""


class _Tls(_Section, frozen=True):
    cert_file: str
    key_file: str
    client_auth_type: Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"] = (
        "NoClientCert"
    )
    client_ca_file: str | None = None
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"


class _Http(_Section, frozen=True):
    http2: bool = True
    """Without effect: a client that offers HTTP/2 is answered with HTTP/1.1."""
    headers: dict[str, str] | None = None


class _File(_Section, frozen=True):
    tls_server_config: _Tls | None = None
    http_server_config: _Http | None = None
    basic_auth_users: dict[str, str] | None = None


_SUPPORTED = (
    f"supported are tls_server_config ({', '.join(_Tls.__struct_fields__)}), "
    f"http_server_config ({', '.join(_Http.__struct_fields__)}) and basic_auth_users"
)


@dataclass(frozen=True, slots=True)
class WebConfig:
    """One reading of the file and of the files that it names."""

    tls: ssl.SSLContext | None
    """None for plain HTTP."""
    users: Users
    """Empty where everybody may ask."""
    headers: Mapping[str, str]
    """Added to every response."""
    stamps: Mapping[Path, _Stamp]
    """What each file looked like just before it was read."""


def read(path: Path) -> WebConfig:
    """Reads a web configuration file; the paths in it are relative to its folder.

    Raises:
        UsageError: it cannot be used.
    """
    stamps = {path: _stamp(path)}
    file = _decode(path)
    context = None
    if tls := file.tls_server_config:
        names = filter(None, (tls.cert_file, tls.key_file, tls.client_ca_file))
        stamps |= {path.parent / name: _stamp(path.parent / name) for name in names}
        context = _context(tls, path)
    headers = (file.http_server_config or _Http()).headers or {}
    return WebConfig(context, _users(file.basic_auth_users or {}, path), _checked(headers, path), stamps)


class Access:
    """The rules of a web configuration file, which is read again when it or a file it names has changed.

    Raises:
        UsageError: it cannot be used at the start. Later, what was read before stays, and the
            reason is logged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._config = read(path)
        self._stamps: Mapping[Path, _Stamp] | None = self._config.stamps
        self._problem = ""
        self._auth = BasicAuth()

    def tls(self) -> ssl.SSLContext | None:
        """What a new connection has to speak; None for plain HTTP."""
        return self._current().tls

    def headers(self) -> Mapping[str, str]:
        """Headers of every response."""
        return self._current().headers

    def remembers(self, authorization: str) -> bool | None:
        """Whether an ``Authorization`` header is good; None where only :meth:`check` can tell."""
        users = self._current().users
        return self._auth.remembers(users, authorization) if users else True

    async def check(self, authorization: str) -> bool:
        """Whether an ``Authorization`` header is good."""
        users = self._config.users
        return not users or await self._auth.check(users, authorization)

    def close(self) -> None:
        """Ends the checks."""
        self._auth.close()

    def _current(self) -> WebConfig:
        seen = {path: _stamp(path) for path in self._config.stamps}
        if seen != self._stamps:
            self._reread()
        return self._config

    def _reread(self) -> None:
        try:
            config = self._read_again()
        except UsageError as error:
            if str(error) != self._problem:
                _log.error("%s (what was read before stays in force)", error)
            # The fault may lie in a file that only the new text names: look again each time.
            self._stamps, self._problem = None, str(error)
        else:
            self._config, self._stamps, self._problem = config, config.stamps, ""
            _log.info("%s read again", self._path)

    def _read_again(self) -> WebConfig:
        config = read(self._path)
        if (config.tls is None) != (self._config.tls is None):
            raise UsageError(f"{self._path}: tls_server_config cannot come or go while serving; restart")
        return config


def _stamp(path: Path) -> _Stamp:
    try:
        stat = os.stat(path)  # noqa: PTH116 (a new Path object for each look would cost more than the look)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _decode(path: Path) -> _File:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); see web.config_file") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text; see web.config_file") from error
    faults = Faults(str(path))
    tree = parse(text, faults)
    if found := faults.in_order():
        raise UsageError(str(found[0]))
    try:
        return msgspec.convert(_plain(tree), _File)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {error}; {_SUPPORTED}") from error


def _plain(node: Node | None) -> object:
    value = node.value if node else None
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _context(tls: _Tls, path: Path) -> ssl.SSLContext:
    where = f"{path}: tls_server_config"
    if (tls.client_ca_file is None) != (tls.client_auth_type == "NoClientCert"):
        raise UsageError(f"{where}: client_ca_file and a client_auth_type that verifies need each other")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    context.minimum_version, context.maximum_version = _VERSIONS[tls.min_version], _VERSIONS[tls.max_version]
    certificate, key = path.parent / tls.cert_file, path.parent / tls.key_file
    try:
        # An encrypted key would have OpenSSL ask for its password on the terminal.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise UsageError(f"{where}: cannot use {certificate} with {key}: {_reason(error)}") from error
    if tls.client_ca_file is not None:
        authority = path.parent / tls.client_ca_file
        try:
            context.load_verify_locations(authority)
        except OSError as error:
            raise UsageError(f"{where}.client_ca_file: cannot use {authority}: {_reason(error)}") from error
        context.verify_mode = _CLIENT_AUTH[tls.client_auth_type]
    return context


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or "not PEM"
    return getattr(error, "strerror", None) or str(error)


def _users(users: Mapping[str, str], path: Path) -> Users:
    for name, hashed in users.items():
        if not _HASH.fullmatch(hashed):
            raise UsageError(
                f"{path}: basic_auth_users: the password of {name!r} is not a bcrypt hash; "
                "make one with: htpasswd -nBC 10 NAME"
            )
    return {name.encode(): hashed.encode() for name, hashed in users.items()}


def _checked(headers: Mapping[str, str], path: Path) -> Mapping[str, str]:
    where = f"{path}: http_server_config.headers"
    for name, value in headers.items():
        if name not in _HEADERS:
            raise UsageError(f"{where}: {name!r} cannot be set; choose from {', '.join(_HEADERS)}")
        if value and _HEADERS[name] and value not in _HEADERS[name]:
            raise UsageError(f"{where}.{name}: expected {' or '.join(_HEADERS[name])}, not {value!r}")
        if not (value.isascii() and value.isprintable()):
            raise UsageError(f"{where}.{name}: holds characters that no header can; use plain ASCII")
    return {name: value for name, value in headers.items() if value}
