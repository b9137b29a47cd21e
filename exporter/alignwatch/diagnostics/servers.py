"""What the exporter, Prometheus and Alertmanager say of themselves, asked once for all checks."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from alignwatch.diagnostics.check import Finding, critical, skipped
from alignwatch.diagnostics.context import Context
from alignwatch.errors import AlignwatchError
from alignwatch.servers.alertmanager import Alertmanager
from alignwatch.servers.connect import DEFAULT_ALERTMANAGER, DEFAULT_PROMETHEUS
from alignwatch.servers.http import Client, RefusalError
from alignwatch.settings import Server
from alignwatch.stack import addresses

SECONDS = 3.0
"""One request may take so long."""

_NOT_ALLOWED = (401, 403)

T = TypeVar("T")


class Answered(NamedTuple):
    """What came of asking a server: what it said, or what there is to say of that it did not."""

    said: Any
    finding: Finding | None


class _Data(Struct):
    data: msgspec.Raw


def page(context: Context) -> Answered:
    """The text of the exporter's page of metrics."""
    return context.shared.once("page", lambda: _page(context))


def prometheus(
    context: Context, path: str, answer: type[T], parameters: Mapping[str, str] | None = None
) -> Answered:
    """What Prometheus' API answers.

    Args:
        context: of the machine.
        path: after ``/api/v1``.
        answer: the shape of its ``data``.
        parameters: of the query.
    """
    alive = context.shared.once("prometheus", lambda: _prometheus(context, "/status/buildinfo", Any, {}))
    if alive.finding is not None:
        return alive
    return _prometheus(context, path, answer, parameters or {})


def alertmanager(context: Context) -> Answered:
    """Alertmanager's configuration, as text."""
    return context.shared.once("alertmanager", lambda: _alertmanager(context))


def alertmanager_client_of(context: Context) -> Client:
    """The way to Alertmanager."""
    where = context.settings.report.alertmanager
    local = addresses.read(context.state_folder)
    url = where.url or (local and local.alertmanager) or DEFAULT_ALERTMANAGER
    return _client(context, "Alertmanager", "alertmanager", url, where)


def _page(context: Context) -> Answered:
    server, web = context.settings.report.exporter, context.settings.web
    local = addresses.read(context.state_folder)
    url = server.url or (local and local.exporter) or f"http://{web.reachable}"
    wanted = context.configured or local is not None or server.url is not None

    def ask() -> str:
        with _client(context, "the exporter", "exporter", url, server) as client:
            return client.text(web.telemetry_path)

    return _asked(ask, wanted=wanted, start=("systemctl", "status", "alignwatch"))


def _prometheus(context: Context, path: str, answer: type[T], parameters: Mapping[str, str]) -> Answered:
    server = context.settings.report.prometheus
    local = addresses.read(context.state_folder)
    url = server.url or (local and local.prometheus) or DEFAULT_PROMETHEUS

    def ask() -> T:
        with _client(context, "Prometheus", "prometheus", url, server) as client:
            data = client.get(f"/api/v1{path}", dict(parameters), _Data).data
        try:
            return msgspec.json.decode(data, type=answer)
        except msgspec.ValidationError as error:
            raise client.failure(f"does not answer {path} as it should ({error})") from None

    return _asked(
        ask, wanted=server.url is not None or local is not None, start=("systemctl", "status", "prometheus")
    )


def _alertmanager(context: Context) -> Answered:
    wanted = (
        context.settings.report.alertmanager.url is not None
        or addresses.read(context.state_folder) is not None
    )

    def ask() -> str:
        with alertmanager_client_of(context) as client:
            return Alertmanager(client).configuration()

    return _asked(ask, wanted=wanted, start=("systemctl", "status", "prometheus-alertmanager"))


def _client(context: Context, name: str, key: str, url: str, server: Server) -> Client:
    return Client(name, f"report.{key}", url, server, min(SECONDS, context.settings.report.timeout_seconds))


def _asked(ask: Any, *, wanted: bool, start: tuple[str, ...]) -> Answered:
    try:
        return Answered(ask(), None)
    except RefusalError as error:
        if error.status in _NOT_ALLOWED:
            said, _, remedy = str(error).partition("; ")
            return Answered(None, skipped(said, remedy))
        return Answered(None, _down(error, wanted=wanted, start=start))
    except AlignwatchError as error:
        return Answered(None, _down(error, wanted=wanted, start=start))


def _down(error: AlignwatchError, *, wanted: bool, start: tuple[str, ...]) -> Finding:
    said, _, remedy = str(error).partition("; ")
    if not wanted:
        return skipped(f"{said}, and nobody has said that one is there")
    return critical(said, remedy or "see whether it runs", start)
