"""JSON from the HTTP API of a server, with a time limit and one clear line for each way to fail.

No message holds a credential.
"""

import time
from types import TracebackType
from typing import Self, TypeVar

import msgspec
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as SlowError

from alignwatch.errors import AlignwatchError
from alignwatch.report.credentials import request_headers, tls_context
from alignwatch.settings import Server
from alignwatch.text import printable

LARGEST_ANSWER = 512 * 1024 * 1024
"""Bytes after which an answer is given up."""

_CHUNK = 1024 * 1024
_LONGEST_MESSAGE = 300

T = TypeVar("T")


class _Problem(msgspec.Struct):
    """What Prometheus (``error``) and Alertmanager (``message``) say when they refuse."""

    error: str = ""
    message: str = ""


class Client:
    """One server's HTTP API; a context manager that closes its connections.

    Args:
        name: what people call the server.
        key: where the configuration speaks of it, such as ``report.prometheus``.
        url: base address, path included.
        server: credentials, headers and certificate authority.
        timeout_seconds: limit of each request, from connecting to the last byte.

    Raises:
        UsageError: a credential, header or certificate cannot be used.
    """

    def __init__(self, name: str, key: str, url: str, server: Server, timeout_seconds: float) -> None:
        self._who = f"{name} at {url}"
        self._key = key
        self._url = url.rstrip("/")
        self._timeout = timeout_seconds
        self._headers = request_headers(server, key)
        self._pool = urllib3.PoolManager(
            ssl_context=tls_context(server, key),
            timeout=urllib3.Timeout(total=timeout_seconds),
            retries=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.clear()

    def get(self, path: str, parameters: dict[str, str], answer: type[T]) -> T:
        """What a GET answers.

        Args:
            path: after the base address.
            parameters: of the query.
            answer: the shape that the JSON must have; what it does not name is ignored.

        Raises:
            AlignwatchError: unreachable, too slow, refused, or an answer of another shape.
        """
        status, body = self._fetch(path, parameters)
        if status != 200:
            raise self.failure(f"refuses: {_refusal(status, body)}{self._remedy(status)}")
        try:
            return msgspec.json.decode(body, type=answer)
        except msgspec.ValidationError as error:
            raise self.failure(
                f"does not answer {path} as it should ({error}); is this its address?"
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self.failure(
                f"does not answer {path} with JSON; is this its address, base path included?"
            ) from None

    def failure(self, what: str) -> AlignwatchError:
        """An error of this server."""
        return AlignwatchError(f"{self._who} {what}")

    def _fetch(self, path: str, parameters: dict[str, str]) -> tuple[int, bytes]:
        deadline = time.monotonic() + self._timeout
        try:
            response = self._pool.request(
                "GET", self._url + path, fields=parameters, headers=self._headers, preload_content=False
            )
            try:
                return response.status, self._read(response, deadline)
            finally:
                response.close()
        except LocationValueError as error:
            raise self.failure(f"has no address that can be used ({_reason(error)})") from None
        except SSLError as error:
            raise self.failure(
                f"fails over TLS ({_reason(error)}); is it https, and is its CA in {self._key}.ca_file?"
            ) from None
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise self.failure(
                f"cannot be reached ({_reason(error)}); is it running, and is this its address?"
            ) from None
        except SlowError:
            raise self._too_slow() from None
        except (HTTPError, OSError) as error:
            raise self.failure(f"does not speak HTTP as it should ({_reason(error)})") from None

    def _read(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        # A socket's time limit starts again with each byte; only a look at the clock ends a trickle.
        body = bytearray()
        while chunk := response.read1(_CHUNK):
            body += chunk
            if time.monotonic() > deadline:
                raise self._too_slow()
            if len(body) > LARGEST_ANSWER:
                raise self.failure(
                    f"answers with more than {LARGEST_ANSWER // 2**20} MiB; ask for a shorter window"
                )
        return bytes(body)

    def _too_slow(self) -> AlignwatchError:
        return self.failure(
            f"takes longer than {self._timeout:g} s; ask for a shorter window or raise report.timeout_seconds"
        )

    def _remedy(self, status: int) -> str:
        if status in (401, 403):
            return f"; give {self._key} a bearer_token_file, or username and password_file"
        if 300 <= status < 400:
            return f"; set {self._key}.url to where it moved"
        return "; is this its address, base path included?" if status == 404 else ""


def _refusal(status: int, body: bytes) -> str:
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = _Problem()
    said = one_line(problem.error or problem.message)
    return f"HTTP {status}: {said}" if said else f"HTTP {status}"


def one_line(said: str) -> str:
    """What a server said, fit for one line of a terminal."""
    return printable(" ".join(said.split()))[:_LONGEST_MESSAGE]


def _reason(error: BaseException) -> str:
    """The words of the error that began it; urllib3's own hold addresses of objects."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return one_line(getattr(error, "strerror", None) or str(error))
