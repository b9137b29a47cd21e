"""What is asked, and what is answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

AUDIT_PATH = "/api/v1/audit"
"""Where Alertmanager says what it has sent."""
DELIVERIES_PATH = "/api/v1/deliveries"
"""Where that is told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response."""

    status: HTTPStatus
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Headers:
    """A request's headers; lines of one name are one list."""

    def __init__(self, lines: Iterable[tuple[bytes, bytes]]) -> None:
        self._values: dict[bytes, str] = {}
        for name, value in lines:
            text = value.decode("latin-1")
            self._values[name] = f"{self._values[name]},{text}" if name in self._values else text

    def get(self, name: bytes) -> str:
        """The value under a name in lower case; empty when there is none."""
        return self._values.get(name, "")

    @property
    def brings_body(self) -> bool:
        """Whether the request brings a body, which nobody reads."""
        return self.get(b"content-length") not in ("", "0") or b"transfer-encoding" in self._values


@dataclass(frozen=True, slots=True)
class Question:
    """What of a request an answer depends on."""

    headers: Headers
    query: str
    """What stands behind the ``?``, as it was sent."""


def json(body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer of JSON that is ready made."""
    return Answer(HTTPStatus.OK, "application/json", body, headers or {})


def text(status: HTTPStatus, line: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer of one line for a person."""
    body = f"{line}\n".encode(errors="backslashreplace")
    return Answer(status, "text/plain; charset=utf-8", body, headers or {})
