"""The running exporter: its page of metrics, its slowest probes, and what the kernel says of its process."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from alignwatch.diagnostics.bundle.part import AbsentError, Member
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.servers import page

_SLOWEST = 20
_MOST_PROCESSES = 4
_PROBE = re.compile(r"^alignment_probe_duration_seconds(\{.*\}) (\S+)$", re.MULTILINE)
_STATUS = re.compile(r"^(Vm\w+|Rss\w+|Threads|State|SigCgt|\w*ctxt_switches):\s*(.*)$", re.MULTILINE)
_VERBS = frozenset(("serve", "up"))


def collect(context: Context) -> Iterator[Member]:
    """``exporter/process.json``, ``exporter/slowest_probes.json`` and ``exporter/metrics.txt``."""
    if not context.settings.diagnostics.performance_snapshots:
        raise AbsentError("diagnostics.performance_snapshots is false")
    processes = [_profile(one) for one in _exporters()][:_MOST_PROCESSES]
    if processes:
        yield Member("exporter/process.json", processes)
    asked = page(context)
    if asked.finding is not None:
        raise AbsentError(asked.finding.seen)
    found = sorted(_PROBE.findall(asked.said), key=lambda one: -float(one[1]))
    slowest = [{"probe": labels, "seconds": float(seconds)} for labels, seconds in found[:_SLOWEST]]
    yield Member("exporter/slowest_probes.json", slowest)
    yield Member("exporter/metrics.txt", asked.said)


def _exporters() -> Iterator[psutil.Process]:
    """Processes that run ``alignwatch serve`` or ``alignwatch up``."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            words = process.cmdline()
            places = [number for number, word in enumerate(words) if Path(word).name == "alignwatch"]
            if any(words[place + 1 : place + 2] and words[place + 1] in _VERBS for place in places):
                yield process


def _profile(process: psutil.Process) -> dict[str, Any]:
    """What may be read of it; another user's process tells less."""
    folder = Path(f"/proc/{process.pid}")
    found: dict[str, Any] = {"pid": process.pid}
    with suppress(psutil.Error):
        found |= {"command": process.cmdline(), "started": process.create_time()}
    with suppress(OSError):
        found["status"] = dict(_STATUS.findall((folder / "status").read_text()))
    with suppress(OSError):
        found["memory"] = (folder / "smaps_rollup").read_text().splitlines()[1:]
    with suppress(OSError):
        found["limits"] = (folder / "limits").read_text().splitlines()[1:]
    with suppress(OSError):
        found["threads"] = [_thread(one) for one in sorted((folder / "task").iterdir())]
    with suppress(OSError):
        found["descriptors"] = dict(Counter(map(_kind, (folder / "fd").iterdir())))
    with suppress(psutil.Error):
        children = process.children(recursive=True)
        found["children"] = [one.name() for one in children if one.is_running()]
    return found


def _thread(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"id": int(folder.name)}
    with suppress(OSError):
        found["name"] = (folder / "comm").read_text().strip()
    with suppress(OSError, ValueError, IndexError):
        fields = (folder / "stat").read_text().rpartition(") ")[2].split()
        ticks = os.sysconf("SC_CLK_TCK")
        found["state"], found["cpu_seconds"] = fields[0], (int(fields[11]) + int(fields[12])) / ticks
    with suppress(OSError):
        found["waits_in"] = (folder / "wchan").read_text().strip()
    return found


def _kind(descriptor: Path) -> str:
    """``socket``, ``pipe``, ``anon_inode`` or ``file``."""
    with suppress(OSError):
        kind, colon, _ = str(descriptor.readlink()).partition(":")
        return kind if colon and "/" not in kind else "file"
    return "gone"
