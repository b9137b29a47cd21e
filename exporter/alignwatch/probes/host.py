"""How busy is the machine: processors, memory, block devices.

The limits of our own control group (``memory.max``, ``cpu.max``) are left out on purpose. They bound the
exporter, which the shipped unit confines, and not the alignments, which run elsewhere on the machine.
"""

import os
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import psutil

from alignwatch.probes.pressure import read_pressure
from alignwatch.snapshot import DiskCounters, HostReading

_COUNTED_ELSEWHERE = ("guest", "guest_nice")
"""Linux counts the time of virtual machines in ``user`` and ``nice`` already."""
_IDLE = ("idle", "iowait")
_BLOCK_DEVICES = Path("/sys/block")


@dataclass(frozen=True, slots=True)
class _Sample:
    clock: float
    total: float
    idle: float


class HostProbe:
    """Looks at the machine; remembers processor times to average over a window."""

    def __init__(self, window_seconds: float) -> None:
        """Takes the span in seconds over which CPU use is averaged."""
        self._window = window_seconds
        self._samples: deque[_Sample] = deque()

    def read(self) -> HostReading:
        """Looks once; the CPU ratio is known from the second look on."""
        cpu_seconds = _cpu_seconds()
        self._remember(cpu_seconds)
        memory, swap = psutil.virtual_memory(), psutil.swap_memory()
        return HostReading(
            cpu_seconds=cpu_seconds,
            cpus=len(psutil.cpu_times(percpu=True)),
            cpu_ratio=self._cpu_ratio(),
            cpu_window=self._samples[-1].clock - self._samples[0].clock,
            load=os.getloadavg(),
            memory_total=memory.total,
            memory_available=memory.available,
            swap_total=swap.total,
            swap_free=swap.free,
            disks=_disks(),
            pressure_seconds=read_pressure(),
        )

    def _remember(self, cpu_seconds: dict[str, float]) -> None:
        idle = sum(cpu_seconds.get(mode, 0.0) for mode in _IDLE)
        now = _Sample(time.monotonic(), sum(cpu_seconds.values()), idle)
        self._samples.append(now)
        # The first sample kept is the youngest that is a whole window old.
        while len(self._samples) > 2 and now.clock - self._samples[1].clock >= self._window:
            self._samples.popleft()

    def _cpu_ratio(self) -> float | None:
        first, last = self._samples[0], self._samples[-1]
        total, idle = last.total - first.total, last.idle - first.idle
        if total <= 0:
            return None
        # The kernel's iowait may run backwards.
        return min(1.0, max(0.0, 1 - idle / total))


def _cpu_seconds() -> dict[str, float]:
    times = psutil.cpu_times()._asdict()
    return {mode: seconds for mode, seconds in times.items() if mode not in _COUNTED_ELSEWHERE}


def _disks() -> tuple[DiskCounters, ...]:
    try:
        counters = psutil.disk_io_counters(perdisk=True)
    except NotImplementedError:  # a sandbox without block devices in /proc and /sys
        return ()
    return tuple(
        DiskCounters(device, one.read_bytes, one.write_bytes, one.read_count, one.write_count)
        for device, one in sorted(counters.items())
        if _is_physical(device)
    )


def _is_physical(device: str) -> bool:
    # Partitions are not at the top of /sys/block; loop, ram, zram, dm and md have no hardware behind
    # them, and counting them would count the disks below a second time.
    return (_BLOCK_DEVICES / device.replace("/", "!") / "device").exists()
