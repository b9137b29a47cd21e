"""The exporter's HTTP server: its life, and what a connection may cost.

uvicorn speaks HTTP: it is well kept, its one event loop holds thousands of idle connections at some 5 KB
each, and it is 3 MB of memory. What it lacks is here: a deadline in every state of a connection, TLS
settings read for each connection, and a bound on connections at which the one that has waited longest
gives way, so that no number of idle or slow clients keeps a scrape from being answered.
"""

import asyncio
import logging
import resource
import socket
import ssl
import struct
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from alignwatch.settings import Web
from alignwatch.web.application import Application, Content
from alignwatch.web.listening import base_address, listen

if TYPE_CHECKING:
    from alignwatch.web.configuration import Access

__all__ = ["LIMITS", "Content", "Limits", "serving"]

_log = logging.getLogger(__name__)

_DISCARD = struct.pack("ii", 1, 0)
"""Has the kernel throw away what a closed connection has not sent, instead of keeping it for the client."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may cost."""

    request_seconds: float = 5
    """From opening a connection, or from the first byte of a later request, to the request's end."""
    answer_seconds: float = 30
    """From there until the client has taken the whole answer."""
    keep_alive_seconds: int = 75
    """Between two requests; Prometheus comes back after a scrape interval, a minute by default."""
    header_bytes: int = 16 * 1024
    connections: int = 1500
    tls_connections: int = 64
    """With TLS, asyncio holds 300 KB for each."""
    stop_seconds: float = 2
    """For answers that are under way when the server stops."""


LIMITS = Limits()


@asynccontextmanager
async def serving(content: Content, web: Web, limits: Limits = LIMITS) -> AsyncIterator[tuple[str, ...]]:
    """Serves as long as the block runs; connections still open delay its end by seconds at most.

    Yields:
        the base addresses listened on, such as ``http://127.0.0.1:9847``.

    Raises:
        UsageError: an address or the web configuration file is wrong.
        AlignwatchError: an address cannot be had.
    """
    with ExitStack() as resources:
        access = _access(web)
        if access is not None:
            resources.callback(access.close)
        listeners = [resources.enter_context(listen(address)) for address in web.listen_addresses]
        scheme = "https" if access is not None and access.tls() is not None else "http"
        server = _Server(Application(content, web, access), access, limits)
        server.start(listeners)
        try:
            yield tuple(base_address(listener, scheme) for listener in listeners)
        finally:
            await server.stop()


def _access(web: Web) -> "Access | None":
    if web.config_file is None:
        return None
    from alignwatch.web.configuration import Access

    return Access(Path(web.config_file))


def _raise_descriptor_limit() -> int:
    """Allows as many open files as the machine lets us, which it returns; 1,024 is for ``select()``."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class _Client:
    """What the application may know of a connection.

    It does not lead back to the connection: 300 KB each would wait for the cyclic garbage collector.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    @property
    def lost(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._transport.is_closing()

    def drop(self) -> None:
        """Ends the connection without another word."""
        if self._transport.get_write_buffer_size():
            with suppress(OSError):  # It has ended already.
                connected: socket.socket = self._transport.get_extra_info("socket")
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DISCARD)
        self._transport.abort()


class _Connection(H11Protocol):
    """A connection of uvicorn's, with deadlines."""

    def __init__(
        self,
        config: Config,
        state: ServerState,
        limits: Limits,
        waiting: "OrderedDict[_Connection, None]",
        accepted: socket.socket,
    ) -> None:
        super().__init__(config, state, {})
        self._limits = limits
        self._waiting = waiting
        self._accepted = accepted
        self._deadline: asyncio.TimerHandle | None = None
        self._expect(limits.request_seconds)

    def drop(self) -> None:
        """Ends the connection without another word."""
        if self.transport is not None:
            _Client(self.transport).drop()
        else:
            # Cancelling a handshake leaves its connection open; no handshake outlives its socket.
            with suppress(OSError):  # The client went first.
                self._accepted.shutdown(socket.SHUT_RDWR)

    def gone(self) -> None:
        """Forgets a connection that has ended, or was never made."""
        self._set_deadline(None)
        self._waiting.pop(self, None)
        # uvicorn leaves the timer of a connection that was reset running, and with it all its memory.
        self._unset_keepalive_if_required()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {"client": _Client(transport)}
        # "Paused" then means that something has not been sent, and an answer goes out chunk by chunk.
        transport.set_write_buffer_limits(high=1)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone()

    def data_received(self, data: bytes) -> None:
        if self._deadline is None:
            self._expect(self._limits.request_seconds)
        super().data_received(data)

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._expect(self._limits.answer_seconds)

    def send_400_response(self, msg: str) -> None:
        if self.cycle is None or self.cycle.response_complete:
            super().send_400_response(msg)
        else:
            # Garbage behind a request, in place of its body: the answer to that request comes too late.
            self.cycle.disconnected = True
            self.drop()

    def on_response_complete(self) -> None:
        self._settle()
        super().on_response_complete()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._settle()

    def _settle(self) -> None:
        """Once an answer is on its way to the last byte, uvicorn's keep-alive is all that runs."""
        if self.cycle is not None and self.cycle.response_complete and not self.flow.write_paused:
            self._set_deadline(None)

    def _expect(self, seconds: float) -> None:
        self._set_deadline(self.loop.call_later(seconds, self.drop))

    def _set_deadline(self, deadline: asyncio.TimerHandle | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = deadline
        self._waiting[self] = None
        self._waiting.move_to_end(self)


class _Server:
    """Accepts connections and hands them to the application."""

    def __init__(self, application: Application, access: "Access | None", limits: Limits) -> None:
        self._access = access
        self._limits = limits
        self._most = _raise_descriptor_limit() // 2
        self._state = ServerState()
        self._waiting: OrderedDict[_Connection, None] = OrderedDict()
        """All connections; first the one that has been in its present state for longest."""
        self._listeners: set[socket.socket] = set()
        self._config = Config(
            application,
            http=_Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            # Faults of ours. What clients do wrong is a warning, and would let them fill the log.
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=limits.keep_alive_seconds,
            h11_max_incomplete_event_size=limits.header_bytes,
        )

    def start(self, listeners: Iterable[socket.socket]) -> None:
        """Accepts connections from now on."""
        self._listeners = set(listeners)
        for listener in self._listeners:
            self._watch(listener)

    async def stop(self) -> None:
        """Accepts none any more, lets answers under way end, drops what is left."""
        while self._listeners:
            asyncio.get_running_loop().remove_reader(self._listeners.pop())
        for connection in list(self._waiting):
            connection.shutdown() if connection.transport else connection.drop()
        await self._until_idle()
        for connection in list(self._waiting):
            connection.drop()
        await self._until_idle()

    async def _until_idle(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.stop_seconds):
                while self._waiting or self._state.tasks:
                    await asyncio.sleep(0.01)

    def _watch(self, listener: socket.socket) -> None:
        if listener in self._listeners:
            asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    def _accept(self, listener: socket.socket) -> None:
        try:
            with suppress(BlockingIOError):  # The client went before it was met.
                self._welcome(listener.accept()[0])
        except OSError as error:
            _log.warning("cannot accept connections, trying again in a second: %s", error.strerror)
            loop = asyncio.get_running_loop()
            loop.remove_reader(listener)
            loop.call_later(1, self._watch, listener)

    def _welcome(self, client: socket.socket) -> None:
        tls = self._access.tls() if self._access else None
        most = self._limits.connections if tls is None else self._limits.tls_connections
        while len(self._waiting) >= min(most, self._most):
            longest, _ = self._waiting.popitem(last=False)
            longest.drop()
        connection = _Connection(self._config, self._state, self._limits, self._waiting, client)
        opening = asyncio.create_task(self._open(connection, client, tls))
        self._state.tasks.add(opening)
        opening.add_done_callback(self._state.tasks.discard)

    async def _open(self, connection: _Connection, client: socket.socket, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(lambda: connection, client, ssl=tls)
        except OSError as error:  # The client went, or its handshake failed.
            # Through its traceback the error holds itself, and 300 KB.
            error.__traceback__ = None
        if connection.transport is None:
            connection.gone()
