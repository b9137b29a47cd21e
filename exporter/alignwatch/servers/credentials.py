"""How a server is told who asks, and how it proves who it is.

Errors name keys, files and headers, never what is in them.
"""

import re
import ssl
from base64 import b64encode
from pathlib import Path

from alignwatch.errors import UsageError
from alignwatch.settings import Server
from alignwatch.text import printable

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"[\x20-\x7e]*")


def request_headers(server: Server, key: str) -> dict[str, str]:
    """What is sent with each request.

    Args:
        server: its configuration.
        key: where that stands, such as ``report.prometheus``.

    Raises:
        UsageError: a file cannot be read, or a header or credential cannot be sent.
    """
    headers = {"Accept": "application/json", "User-Agent": "alignwatch"}
    for name, value in server.headers.items():
        headers[name] = _field(name, value, f"{key}.headers.{name}")
    if server.bearer_token_file is not None and server.username is not None:
        raise UsageError(f"{key}: bearer_token_file and username exclude each other; keep one")
    if (server.username is None) != (server.password_file is None):
        raise UsageError(f"{key}: username and password_file go together; give both or neither")
    if server.bearer_token_file is not None:
        token = _secret(server.bearer_token_file, f"{key}.bearer_token_file")
        headers["Authorization"] = _field("Authorization", f"Bearer {token}", f"{key}.bearer_token_file")
    if server.password_file is not None:
        password = _secret(server.password_file, f"{key}.password_file")
        pair = f"{server.username}:{password}".encode()
        headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
    return headers


def _field(name: str, value: str, where: str) -> str:
    if not _TOKEN.fullmatch(name) or not _FIELD_VALUE.fullmatch(value):
        raise UsageError(f"{printable(where)}: no header may have this name or value; use plain ASCII")
    return value


def _secret(path: str, where: str) -> str:
    try:
        secret = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(f"{where}: cannot read {printable(path)}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{where}: {printable(path)} is not text") from None
    if not secret or not secret.isprintable():
        raise UsageError(f"{where}: {printable(path)} must hold one line and nothing else")
    return secret


def tls_context(server: Server, key: str) -> ssl.SSLContext:
    """Which certificates are trusted: those of its authority, else the system's.

    Raises:
        UsageError: the authority's file holds no certificate.
    """
    try:
        return ssl.create_default_context(
            cafile=str(Path(server.ca_file).expanduser()) if server.ca_file else None
        )
    except OSError as error:
        path = printable(server.ca_file or "")
        raise UsageError(
            f"{key}.ca_file: {path} holds no certificate that can be read ({error.strerror})"
        ) from None
