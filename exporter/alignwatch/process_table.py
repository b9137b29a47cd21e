"""Every process of the machine, also for several threads at once."""

from collections.abc import Iterator
from typing import Any

import psutil


def each_process(*fields: str) -> Iterator[tuple[psutil.Process, dict[str, Any]]]:
    """Each process with some fields as psutil names them; None where we may not know.

    Not left to ``psutil.process_iter``: it puts the fields on an object that all threads share.
    """
    for process in psutil.process_iter():
        try:
            said = process.as_dict(fields)
        except psutil.NoSuchProcess:
            continue
        yield process, said
