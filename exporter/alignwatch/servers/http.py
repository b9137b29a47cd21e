"""JSON from the HTTP API of a server, with a time limit and one clear line for each way to fail.

No message holds a credential.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from alignwatch.servers.credentials import request_headers, tls_context
from alignwatch.servers.punctual import POOLS
from alignwatch.settings import Server
from alignwatch.text import printable

LARGEST_ANSWER = 512 * 1024 * 1024
"""Bytes after which an answer is given up."""

_CHUNK = 1024 * 1024
_CONNECTIONS = 8
"""To one server, at most; further threads wait for one."""
_LONGEST_MESSAGE = 300

T = TypeVar("T")


class _Problem(msgspec.Struct):
    """What Prometheus (``error``) and Alertmanager (``message``, or a bare text) say when they refuse."""

    error: str = ""
    message: str = ""


class RefusalError(AlignwatchError):
    """The server has answered, and does not do what was asked.

    Args:
        message: for people.
        status: HTTP's.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """One server's HTTP API; a context manager that closes its connections.

    Args:
        name: what people call the server.
        key: where the configuration speaks of it, such as ``report.prometheus``.
        url: base address, path included.
        server: credentials, headers and certificate authority.
        timeout_seconds: limit of each request, from connecting to the last byte.
        timeout_key: where the configuration speaks of that.
        address_file: the setting that names the file with the address, where that is a secret.

    Raises:
        UsageError: a credential, header or certificate cannot be used.
    """

    def __init__(
        self,
        name: str,
        key: str,
        url: str,
        server: Server,
        timeout_seconds: float,
        timeout_key: str = "report.timeout_seconds",
        *,
        address_file: str | None = None,
    ) -> None:
        self._who = name if address_file else f"{name} at {url}"
        self._address_file = address_file
        self._key = key
        self._url = url.rstrip("/")
        self._timeout = timeout_seconds
        self._timeout_key = timeout_key
        self._headers = request_headers(server, key)
        # The system's authorities take megabytes and milliseconds to load.
        checked = server.ca_file is not None or url.startswith("https:")
        self._places = threading.Semaphore(_CONNECTIONS)
        self._pool = urllib3.PoolManager(
            maxsize=_CONNECTIONS, block=True, ssl_context=tls_context(server, key) if checked else None
        )
        self._pool.pool_classes_by_scheme = POOLS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.clear()

    def get(
        self, path: str, parameters: dict[str, str], answer: type[T], timeout_seconds: float | None = None
    ) -> T:
        """What a GET answers.

        Args:
            path: after the base address.
            parameters: of the query.
            answer: the shape that the JSON must have; what it does not name is ignored.
            timeout_seconds: instead of the client's.

        Raises:
            AlignwatchError: unreachable, too slow, refused, or an answer of another shape.
        """
        body = self._fetch("GET", path, timeout_seconds or self._timeout, fields=parameters)
        return self._decode(path, body, answer)

    def text(self, path: str) -> str:
        """What a GET answers that is no JSON.

        Raises:
            AlignwatchError: unreachable, too slow, or refused.
        """
        return self._fetch("GET", path, self._timeout).decode(errors="replace")

    def post(self, path: str, body: object, answer: type[T]) -> T:
        """What a POST of JSON answers; the rest is as for :meth:`get`."""
        return self._decode(path, self._fetch("POST", path, self._timeout, json=body), answer)

    def send(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> None:
        """POSTs JSON to where the answer is nothing but that it was taken.

        Args:
            path: after the base address.
            body: what becomes JSON.
            headers: sent besides.

        Raises:
            AlignwatchError: unreachable, too slow, or refused.
        """
        self._fetch("POST", path, self._timeout, json=body, headers=headers)

    def delete(self, path: str) -> None:
        """DELETEs what the path names.

        Raises:
            AlignwatchError: unreachable, too slow, or refused.
        """
        self._fetch("DELETE", path, self._timeout)

    def failure(self, what: str) -> AlignwatchError:
        """An error of this server."""
        return AlignwatchError(f"{self._who} {what}")

    def _decode(self, path: str, body: bytes, answer: type[T]) -> T:
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

    def _fetch(
        self,
        method: str,
        path: str,
        seconds: float,
        *,
        fields: dict[str, str] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        content = {} if json is None else {"Content-Type": "application/json"}
        # Waiting for a place is not the server's time.
        with self._places, self._failures(seconds):
            deadline = time.monotonic() + seconds
            response = self._pool.request(
                method,
                self._url + path,
                fields=fields,
                body=None if json is None else msgspec.json.encode(json),
                headers={**self._headers, **content, **(headers or {})},
                timeout=urllib3.Timeout(total=seconds),
                retries=False,
                preload_content=False,
            )
            try:
                body = self._read(response, deadline, seconds)
            finally:
                response.close()
                response.release_conn()
        if not 200 <= response.status < 300:
            refusal = _refusal(response.status, body) + self._remedy(response.status)
            raise RefusalError(f"{self._who} refuses: {refusal}", response.status)
        return body

    @contextmanager
    def _failures(self, seconds: float) -> Iterator[None]:
        """Makes one line of whatever goes wrong on the way there and back."""
        try:
            yield
        except LocationValueError as error:
            why = f"see {self._address_file}" if self._address_file else _reason(error)
            raise self.failure(f"has no address that can be used ({why})") from None
        except SSLError as error:
            raise self.failure(
                f"fails over TLS ({_reason(error)}); is it https, and is its CA in {self._key}.ca_file?"
            ) from None
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise self.failure(
                f"cannot be reached ({_reason(error)}); is it running, and is this its address?"
            ) from None
        except SlowError:
            raise self._too_slow(seconds) from None
        except (HTTPError, OSError) as error:
            raise self.failure(f"does not speak HTTP as it should ({_reason(error)})") from None

    def _read(self, response: urllib3.BaseHTTPResponse, deadline: float, seconds: float) -> bytes:
        # A socket's time limit starts again with each byte; only a look at the clock ends a trickle.
        body = bytearray()
        while chunk := response.read1(_CHUNK):
            body += chunk
            if time.monotonic() > deadline:
                raise self._too_slow(seconds)
            if len(body) > LARGEST_ANSWER:
                raise self.failure(f"answers with more than {LARGEST_ANSWER // 2**20} MiB; ask for less")
        return bytes(body)

    def _too_slow(self, seconds: float) -> AlignwatchError:
        return self.failure(f"takes longer than {seconds:g} s; ask for less or raise {self._timeout_key}")

    def _remedy(self, status: int) -> str:
        if self._address_file:
            return f"; is the address in {self._address_file} still right?"
        if status in (401, 403):
            return f"; give {self._key} a bearer_token_file, or username and password_file"
        if 300 <= status < 400:
            return f"; set {self._key}.url to where it moved"
        return "; is this its address, base path included?" if status == 404 else ""


def _refusal(status: int, body: bytes) -> str:
    try:
        problem = msgspec.json.decode(body, type=_Problem | str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = ""
    said = one_line(problem if isinstance(problem, str) else problem.error or problem.message)
    return f"HTTP {status}: {said}" if said else f"HTTP {status}"


def one_line(said: str) -> str:
    """What a server said, fit for one line of a terminal."""
    return printable(" ".join(said.split()))[:_LONGEST_MESSAGE]


def _reason(error: BaseException) -> str:
    """The words of the error that began it; urllib3's own hold addresses of objects."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return one_line(getattr(error, "strerror", None) or str(error))
