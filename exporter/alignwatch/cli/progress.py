"""That something long is going on: one line on a terminal that is written over, and gone at the end."""

import os
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self
from unicodedata import east_asian_width

from alignwatch.text import printable, span

_DELAY_SECONDS = 0.5
"""What ends sooner needs no word."""
_STEP_SECONDS = 0.2
_ERASE = "\r\x1b[K"


class Progress:
    """Says on standard error what goes on and for how long, where a person sits before it."""

    def __init__(self, what: str) -> None:
        """Takes what goes on, in a few words."""
        self._what = what
        self._detail = ""
        self._began = time.monotonic()
        self._line = threading.Lock()
        self._ended = threading.Event()
        self._drawer = threading.Thread(target=self._keep_drawing, daemon=True)

    def __enter__(self) -> Self:
        if _is_watched():
            self._drawer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._drawer.ident is not None:
            self._drawer.join()

    def tell(self, detail: str) -> None:
        """Says how far it is."""
        self._detail = detail

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Keeps the line free for something else that is printed."""
        with self._line:
            if self._drawer.ident is not None:
                _write(_ERASE)
            yield

    def _keep_drawing(self) -> None:
        pause = _DELAY_SECONDS
        while not self._ended.wait(pause):
            with self._line:
                _write(_ERASE + _cut(self._text(), _columns() - 1))
            pause = _STEP_SECONDS
        if pause == _STEP_SECONDS:
            with self._line:
                _write(_ERASE)

    def _text(self) -> str:
        parts = (f"{self._what}:" if self._detail else f"{self._what},", self._detail and f"{self._detail},")
        return printable(" ".join([*filter(None, parts), span(time.monotonic() - self._began)]))


def _is_watched() -> bool:
    """Whether standard error is a terminal that can be drawn on, and nobody else draws there."""
    if sys.stderr is None or not sys.stderr.isatty():
        return False
    if os.environ.get("TERM", "dumb") == "dumb" or os.environ.get("CI"):
        return False
    with suppress(OSError, ValueError):  # Whatever standard output is then, it is no pipe.
        # The reader at the other end may be a pager.
        if stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode):
            return False
    with suppress(OSError):  # It is not the terminal that this process belongs to.
        return os.tcgetpgrp(sys.stderr.fileno()) == os.getpgrp()
    return True


def _write(text: str) -> None:
    # What a buffer would keep of it for a terminal that is gone would be a failure at the program's end.
    with suppress(OSError):
        os.write(sys.stderr.fileno(), text.encode(sys.stderr.encoding, "backslashreplace"))


def _columns() -> int:
    with suppress(OSError):
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    return 80


def _cut(text: str, columns: int) -> str:
    """As much of a text as fits: a line that wraps cannot be written over."""
    taken = 0
    for place, letter in enumerate(text):
        taken += 2 if east_asian_width(letter) in "WF" else 1
        if taken > columns:
            return text[:place]
    return text
