"""Connections on which an answer has begun in time, or never.

A socket's time limit starts again with each byte, so that whoever sends the head of an answer byte by byte
would keep us for as long as they like. (What follows the head is timed by whoever reads it.)
"""

import socket
import threading
from contextlib import suppress

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse


class _Punctual(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3's own
        """The answer, once its head is there.

        Raises:
            TimeoutError: that took longer than the connection's time limit.
        """
        connected, late = self.sock, threading.Event()

        def end() -> None:
            late.set()
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

        limit = threading.Timer(self.timeout or threading.TIMEOUT_MAX, end)
        limit.daemon = True
        limit.start()
        try:
            response = super().getresponse()
        except Exception:
            if late.is_set():
                raise TimeoutError from None
            raise
        finally:
            limit.cancel()
        # A head that was cut short is taken for a whole one.
        if late.is_set():
            response.close()
            raise TimeoutError
        return response


class _PunctualOverTls(_Punctual, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Punctual


class _PoolOverTls(HTTPSConnectionPool):
    ConnectionCls = _PunctualOverTls


POOLS = {"http": _Pool, "https": _PoolOverTls}
"""For ``PoolManager.pool_classes_by_scheme``."""
