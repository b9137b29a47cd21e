"""What this process and the children that it has waited for use."""

import resource
import time

from alignwatch.operation import Resources


class Meter:
    """Counts from when it is made.

    All threads of the process count, so operations at the same time each have the use of all of them. A
    largest resident set is one of the whole life of the process: the kernel knows no other.
    """

    def __init__(self) -> None:
        self._cpu = time.process_time()
        self._own = resource.getrusage(resource.RUSAGE_SELF)
        self._children = resource.getrusage(resource.RUSAGE_CHILDREN)

    def read(self) -> Resources:
        """What was used until now."""
        cpu = time.process_time() - self._cpu
        own = resource.getrusage(resource.RUSAGE_SELF)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu += children.ru_utime - self._children.ru_utime + children.ru_stime - self._children.ru_stime
        return Resources(
            cpu_seconds=cpu,
            peak_memory_bytes=max(own.ru_maxrss, children.ru_maxrss) * 1024,
            io_operations=_blocks(own) - _blocks(self._own) + _blocks(children) - _blocks(self._children),
        )


def _blocks(usage: resource.struct_rusage) -> int:
    return usage.ru_inblock + usage.ru_oublock
