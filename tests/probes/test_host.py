import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.probes import host
from alignwatch.probes.host import HostProbe
from alignwatch.snapshot import HostReading


class Times(NamedTuple):
    user: float = 0.0
    system: float = 0.0
    idle: float = 0.0
    iowait: float = 0.0
    guest: float = 0.0


def readings(
    monkeypatch: pytest.MonkeyPatch, samples: Sequence[tuple[float, Times]], window: float
) -> Iterator[HostReading]:
    """What the probe says at each (seconds of the clock, processor times)."""
    probe = HostProbe(window)
    for clock, times in samples:
        with monkeypatch.context() as patch:
            patch.setattr(host, "time", SimpleNamespace(monotonic=lambda clock=clock: clock))
            patch.setattr(psutil, "cpu_times", lambda percpu=False, times=times: [times] if percpu else times)
            yield probe.read()


def test_the_machine_is_seen_as_it_is() -> None:
    seen = HostProbe(300).read()
    assert seen.memory_total == psutil.virtual_memory().total
    assert 0 < seen.memory_available <= seen.memory_total
    assert 0 < seen.memory_ratio < 1
    assert seen.swap_free <= seen.swap_total
    assert seen.cpus == os.cpu_count()
    assert {"user", "system", "idle", "iowait"} <= seen.cpu_seconds.keys()
    assert len(seen.load) == 3


def test_one_sample_is_no_average(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = readings(monkeypatch, [(0, Times(user=5, idle=5)), (60, Times(user=20, idle=50))], 300)
    assert (first.cpu_ratio, first.cpu_window) == (None, 0)
    assert second.cpu_ratio == pytest.approx(15 / 60)
    assert second.cpu_window == 60


def test_waiting_for_a_disk_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, last = readings(monkeypatch, [(0, Times()), (10, Times(user=4, idle=3, iowait=3))], 300)
    assert last.cpu_ratio == pytest.approx(0.4)


def test_a_guest_is_not_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, last = readings(monkeypatch, [(0, Times()), (10, Times(user=5, idle=5, guest=5))], 300)
    assert last.cpu_ratio == pytest.approx(0.5)
    assert sum(last.cpu_seconds.values()) == 10
    assert "guest" not in last.cpu_seconds


def test_the_average_spans_the_window_and_forgets_what_is_older(monkeypatch: pytest.MonkeyPatch) -> None:
    busy_then_idle = [
        (60.0 * minute, Times(user=min(minute, 5), idle=max(0, minute - 5))) for minute in range(12)
    ]
    seen = list(readings(monkeypatch, busy_then_idle, 300))
    assert [one.cpu_window for one in seen] == [0, 60, 120, 180, 240, 300, 300, 300, 300, 300, 300, 300]
    assert [one.cpu_ratio for one in seen[1:]] == pytest.approx([1] * 5 + [0.8, 0.6, 0.4, 0.2, 0, 0])


def test_after_a_pause_the_average_says_how_far_it_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, last = readings(
        monkeypatch, [(0, Times()), (10, Times(idle=10)), (3610, Times(user=1800, idle=1810))], 300
    )
    assert (last.cpu_window, last.cpu_ratio) == (3600, 0.5)


@pytest.mark.parametrize(
    ("times", "ratio"),
    [
        (Times(user=5, idle=5, iowait=2), None),
        (Times(user=6, idle=5, iowait=1), None),
        (Times(user=7, idle=5, iowait=1.5), 1.0),
    ],
)
def test_counters_that_stand_still_or_run_backwards(
    monkeypatch: pytest.MonkeyPatch, times: Times, ratio: float | None
) -> None:
    *_, last = readings(monkeypatch, [(0, Times(user=5, idle=5, iowait=2)), (1, times)], 300)
    assert last.cpu_ratio == ratio


@given(
    steps=st.lists(
        st.tuples(st.floats(0.1, 500), st.floats(0, 100), st.floats(0.1, 100)), min_size=2, max_size=30
    ),
    window=st.floats(1, 600),
)
def test_the_average_is_that_of_its_own_span(steps: list[tuple[float, float, float]], window: float) -> None:
    samples = [(0.0, Times())]
    for seconds, busy, idle in steps:
        clock, times = samples[-1]
        samples.append((clock + seconds, Times(user=times.user + busy, idle=times.idle + idle)))
    with pytest.MonkeyPatch.context() as monkeypatch:
        *_, last = readings(monkeypatch, samples, window)
    now, end = samples[-1]
    old_enough = [sample for sample in samples if now - sample[0] >= window]
    begin, start = old_enough[-1] if old_enough else samples[0]
    assert last.cpu_window == pytest.approx(now - begin)
    busy, idle = end.user - start.user, end.idle - start.idle
    assert last.cpu_ratio == pytest.approx(busy / (busy + idle), abs=1e-9)


class Counters(NamedTuple):
    read_count: int = 1
    write_count: int = 2
    read_bytes: int = 3
    write_bytes: int = 4


def test_only_disks_with_hardware_behind_them_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for hardware in ("sda", "nvme0n1", "cciss!c0d0"):
        (tmp_path / hardware / "device").mkdir(parents=True)
    for virtual in ("loop0", "ram0", "zram0", "dm-0", "md127"):
        (tmp_path / virtual).mkdir()
    listed = ("sda", "sda1", "nvme0n1", "nvme0n1p2", "cciss/c0d0", "loop0", "ram0", "zram0", "dm-0", "md127")
    monkeypatch.setattr(host, "_BLOCK_DEVICES", tmp_path)
    monkeypatch.setattr(psutil, "disk_io_counters", lambda perdisk: dict.fromkeys(listed, Counters()))
    disks = HostProbe(300).read().disks
    assert [disk.device for disk in disks] == ["cciss/c0d0", "nvme0n1", "sda"]
    assert (disks[0].reads, disks[0].writes, disks[0].read_bytes, disks[0].written_bytes) == (1, 2, 3, 4)


def test_the_machines_own_disks_are_among_its_block_devices() -> None:
    devices = {path.name.replace("!", "/") for path in Path("/sys/block").glob("*")}
    assert {disk.device for disk in HostProbe(300).read().disks} <= devices


def test_a_sandbox_without_block_devices_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(perdisk: bool) -> None:
        raise NotImplementedError

    monkeypatch.setattr(psutil, "disk_io_counters", refuse)
    assert HostProbe(300).read().disks == ()
