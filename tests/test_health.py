from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.errors import ExitCode
from alignwatch.health import host_health, overall, process_health, processes_in, repository_health
from alignwatch.settings import Thresholds
from alignwatch.snapshot import (
    AlignmentProcess,
    FileSystem,
    FileSystemsReading,
    FsckReading,
    HostHealth,
    HostReading,
    InProgress,
    Lock,
    ProbeRun,
    ProcessesReading,
    ProcessHealth,
    Reason,
    RepositoryHealth,
    RepositoryReading,
)

NOW = 1_700_000_000.0
LIMITS = Thresholds()
HOST = HostReading(
    cpu_seconds={},
    cpus=2,
    cpu_ratio=0.5,
    cpu_window=300,
    load=(0, 0, 0),
    memory_total=1000,
    memory_available=500,
    swap_total=0,
    swap_free=0,
    disks=(),
    pressure_seconds={},
)
QUIET = RepositoryReading(
    path="/srv/app",
    worktrees=("/srv/app", "/srv/linked"),
    head="main",
    head_exists=True,
    branches=3,
    locks=(),
    in_progress=(),
    loose_objects=0,
    loose_bytes=0,
    packs=1,
    pack_bytes=1,
    garbage_files=0,
    broken_refs=(),
    gc_log=False,
)
NOTHING_RUNS = ProcessesReading(())


def disk(percent: float) -> FileSystem:
    return FileSystem(
        "/srv",
        size=1000,
        free=round(1000 - 10 * percent),
        available=round(1000 - 10 * percent),
        files=0,
        files_free=0,
    )


def disks(*percents: float, failed: Sequence[str] = ()) -> FileSystemsReading:
    return FileSystemsReading(tuple(disk(percent) for percent in percents), tuple(failed))


def ran(value: RepositoryReading | None = QUIET, **changes: object) -> ProbeRun:
    run = ProbeRun("repository", "app", NOW - 10, 0.1, value, None, None, NOW - 10, 210)
    return replace(run, **changes)  # type: ignore[arg-type]


def fsck(*kinds: str, messages: tuple[str, ...] = ()) -> FsckReading:
    known = ("object", "reachability", "pack", "refs", "commit_graph", "index")
    return FsckReading(NOW, 1, True, 0, {kind: kind in kinds for kind in known}, messages)


def process(folder: str | None, age: float = 60) -> AlignmentProcess:
    return AlignmentProcess(7, "rebase", NOW - age, folder)


class TestHost:
    @pytest.mark.parametrize(
        ("changes", "percent", "state"),
        [
            ({}, 50, "healthy"),
            ({"cpu_ratio": 0.8}, 90, "healthy"),
            ({"cpu_ratio": None}, 50, "healthy"),
            ({"cpu_ratio": 0.81}, 50, "degraded"),
            ({"cpu_ratio": 1.0}, 50, "degraded"),
            ({"memory_available": 150}, 50, "healthy"),
            ({"memory_available": 140}, 50, "degraded"),
            ({"memory_available": 20}, 50, "unhealthy"),
            ({}, 91, "degraded"),
            ({}, 98, "unhealthy"),
            ({"cpu_ratio": 1.0}, 98, "unhealthy"),
        ],
    )
    def test_thresholds_decide(self, changes: dict[str, float], percent: float, state: str) -> None:
        verdict, words = host_health(replace(HOST, **changes), disks(10, percent), LIMITS)  # type: ignore[arg-type]
        assert verdict == state
        assert bool(words) == (state != "healthy")

    def test_the_reasons_name_figure_and_limit_the_gravest_first(self) -> None:
        _, words = host_health(replace(HOST, cpu_ratio=0.925), disks(98), LIMITS)
        assert words == (
            "/srv: 98.0% in use, above 97 %",
            "CPU: 92.5% busy over 300 s, above 80 %",
        )

    def test_a_file_system_that_does_not_answer_is_no_healthy_one(self) -> None:
        verdict, words = host_health(HOST, disks(10, failed=["/mnt/share"]), LIMITS)
        assert verdict is HostHealth.DEGRADED
        assert words == ("/mnt/share: does not exist, or its file system does not answer",)

    def test_unknown_is_not_healthy(self) -> None:
        assert host_health(None, disks(10), LIMITS) == (None, ())
        assert host_health(HOST, None, LIMITS) == (None, ())
        assert host_health(None, None, LIMITS) == (None, ())

    def test_what_is_known_to_be_bad_does_not_wait_for_the_rest(self) -> None:
        assert host_health(None, disks(98), LIMITS)[0] is HostHealth.UNHEALTHY
        assert host_health(replace(HOST, cpu_ratio=0.9), None, LIMITS)[0] is HostHealth.DEGRADED

    @given(first=st.floats(0, 1), second=st.floats(0, 1), percent=st.integers(0, 100))
    def test_more_use_is_never_healthier(self, first: float, second: float, percent: int) -> None:
        states = [
            host_health(
                replace(HOST, cpu_ratio=use, memory_available=round(1000 * (1 - use))), disks(percent), LIMITS
            )[0]
            for use in sorted((first, second))
        ]
        order = [None, *HostHealth]
        assert order.index(states[0]) <= order.index(states[1])


class TestRepository:
    def test_quiet_is_optimal(self) -> None:
        assert repository_health(ran(), fsck(), LIMITS, NOW) == (RepositoryHealth.OPTIMAL, ())
        assert repository_health(ran(), None, LIMITS, NOW) == (RepositoryHealth.OPTIMAL, ())

    def test_nobody_has_looked_yet(self) -> None:
        assert repository_health(None, None, LIMITS, NOW) == (None, ())
        assert repository_health(None, fsck(), LIMITS, NOW) == (None, ())

    def test_an_old_look_is_none(self) -> None:
        assert repository_health(ran(started=NOW - 211), None, LIMITS, NOW) == (None, ())
        gone = ran(None, started=NOW - 211, reason=Reason.MISSING, error="gone")
        assert repository_health(gone, None, LIMITS, NOW) == (None, ())

    @pytest.mark.parametrize("reason", [one for one in Reason if one is not Reason.INTERNAL])
    def test_what_cannot_be_read_is_unreachable_with_its_reason(self, reason: Reason) -> None:
        run = ran(None, reason=reason, error="/srv/app: no such folder")
        assert repository_health(run, None, LIMITS, NOW) == (
            RepositoryHealth.UNREACHABLE,
            ("/srv/app: no such folder",),
        )

    def test_a_fault_of_ours_is_not_the_repositorys(self) -> None:
        assert repository_health(ran(None, reason=Reason.INTERNAL, error="bug"), None, LIMITS, NOW) == (
            None,
            (),
        )

    @pytest.mark.parametrize("kind", ["object", "reachability", "pack", "refs"])
    def test_damage_that_fsck_found_is_corruption(self, kind: str) -> None:
        state, words = repository_health(
            ran(), fsck(kind, "commit_graph", messages=("missing x",)), LIMITS, NOW
        )
        assert state is RepositoryHealth.CORRUPT
        assert words == (f"git fsck found damage ({', '.join(sorted((kind, 'commit_graph')))}): missing x",)

    @pytest.mark.parametrize("kind", ["commit_graph", "index"])
    def test_damage_that_git_can_rebuild_is_none(self, kind: str) -> None:
        state, words = repository_health(ran(), fsck(kind), LIMITS, NOW)
        assert (state, words) == (RepositoryHealth.DEGRADED, (f"git fsck found damage ({kind})",))

    def test_broken_refs_are_corruption(self) -> None:
        reading = replace(QUIET, broken_refs=("refs/heads/a", "refs/heads/b"))
        assert repository_health(ran(reading), None, LIMITS, NOW) == (
            RepositoryHealth.CORRUPT,
            ("2 broken refs, such as refs/heads/a",),
        )

    @pytest.mark.parametrize(
        ("reading", "words"),
        [
            (
                replace(QUIET, locks=(Lock("index", "/srv/app/.git/index.lock", NOW - 901, held=False),)),
                "/srv/app/.git/index.lock: locked for 0:15:01, and no git process explains it",
            ),
            (
                replace(QUIET, in_progress=(InProgress("rebase", "/srv/app", "fix", NOW - 90_000),)),
                "rebase of fix in /srv/app: in progress for 1 day, 1:00:00",
            ),
            (
                replace(QUIET, in_progress=(InProgress("am", "/srv/app", None, NOW - 7201),)),
                "am of a detached HEAD in /srv/app: in progress for 2:00:01",
            ),
            (replace(QUIET, loose_objects=20001), "20001 loose objects, above 20000"),
            (replace(QUIET, packs=201), "201 packs, above 200"),
            (replace(QUIET, garbage_files=1), "1 files that are none among the objects, above 0"),
            (replace(QUIET, gc_log=True), "git's automatic clean-up gave up; gc.log says why"),
        ],
    )
    def test_signs_of_neglect_degrade(self, reading: RepositoryReading, words: str) -> None:
        assert repository_health(ran(reading), fsck(), LIMITS, NOW) == (RepositoryHealth.DEGRADED, (words,))

    @pytest.mark.parametrize(
        "reading",
        [
            replace(QUIET, locks=(Lock("index", "index.lock", NOW - 900, held=False),)),
            replace(QUIET, locks=(Lock("index", "index.lock", NOW - 90_000, held=True),)),
            replace(QUIET, in_progress=(InProgress("rebase", "/srv/app", "fix", NOW - 7200),)),
            replace(QUIET, loose_objects=20000, packs=200),
            replace(QUIET, head_exists=False, branches=0),
        ],
    )
    def test_what_is_young_explained_or_within_limits_is_well(self, reading: RepositoryReading) -> None:
        assert repository_health(ran(reading), fsck(), LIMITS, NOW)[0] is RepositoryHealth.OPTIMAL

    def test_the_gravest_finding_decides_and_comes_first(self) -> None:
        reading = replace(QUIET, packs=300, broken_refs=("refs/heads/a",))
        state, words = repository_health(ran(reading), fsck("commit_graph"), LIMITS, NOW)
        assert state is RepositoryHealth.CORRUPT
        assert [line.split()[0] for line in words] == ["1", "300", "git"]

    def test_a_repositorys_own_thresholds_hold(self) -> None:
        assert repository_health(ran(), None, Thresholds(packs=0), NOW)[0] is RepositoryHealth.DEGRADED


class TestProcesses:
    def test_nothing_at_work_is_idle(self) -> None:
        assert process_health(NOTHING_RUNS, QUIET, LIMITS, NOW) == (ProcessHealth.IDLE, ())

    @pytest.mark.parametrize(
        "folder", ["/srv/app", "/srv/app/.git", "/srv/linked/deep/down", "/srv/app/.git/worktrees/linked"]
    )
    def test_a_process_in_a_folder_of_the_repository_runs(self, folder: str) -> None:
        state, words = process_health(ProcessesReading((process(folder),)), QUIET, LIMITS, NOW)
        assert state is ProcessHealth.RUNNING
        assert words == ("rebase: process 7 at work for 0:01:00",)

    @pytest.mark.parametrize("folder", ["/srv", "/srv/app-old", "/srv/linked2", "/", None])
    def test_a_process_elsewhere_is_anothers(self, folder: str | None) -> None:
        elsewhere = ProcessesReading((process(folder, age=1e6),))
        assert process_health(elsewhere, QUIET, LIMITS, NOW)[0] is ProcessHealth.IDLE
        assert processes_in(elsewhere, QUIET) == ()

    def test_a_bare_repository_is_where_its_path_is(self) -> None:
        bare = replace(QUIET, path="/srv/app.git", worktrees=())
        running = ProcessesReading((process("/srv/app.git"),))
        assert processes_in(running, bare) == running.processes

    def test_an_operation_in_progress_runs_until_it_is_stuck(self) -> None:
        for age, state in ((7200, ProcessHealth.RUNNING), (7201, ProcessHealth.STUCK)):
            reading = replace(QUIET, in_progress=(InProgress("merge", "/srv/app", "fix", NOW - age),))
            assert process_health(NOTHING_RUNS, reading, LIMITS, NOW)[0] is state
            assert process_health(None, reading, LIMITS, NOW)[0] is state

    def test_one_stuck_process_outweighs_a_running_one(self) -> None:
        both = ProcessesReading((process("/srv/app"), process("/srv/app", age=8000)))
        state, words = process_health(both, QUIET, LIMITS, NOW)
        assert state is ProcessHealth.STUCK
        assert words[0] == "rebase: process 7 at work for 2:13:20"

    def test_a_folder_whose_name_is_no_text_can_be_told(self) -> None:
        held = replace(QUIET, in_progress=(InProgress("merge", "/srv/caf\udce9", None, NOW - 90_000),))
        _, (finding,) = process_health(NOTHING_RUNS, held, LIMITS, NOW)
        assert finding.encode().startswith(b"merge of a detached HEAD in /srv/caf\\xe9: ")

    def test_unknown_is_not_idle(self) -> None:
        assert process_health(None, QUIET, LIMITS, NOW) == (None, ())
        assert process_health(NOTHING_RUNS, None, LIMITS, NOW) == (None, ())


class TestOverall:
    @pytest.mark.parametrize(
        ("state", "code"),
        [
            (HostHealth.HEALTHY, ExitCode.OK),
            (HostHealth.DEGRADED, ExitCode.WARNINGS),
            (HostHealth.UNHEALTHY, ExitCode.UNHEALTHY),
            (RepositoryHealth.OPTIMAL, ExitCode.OK),
            (RepositoryHealth.DEGRADED, ExitCode.WARNINGS),
            (RepositoryHealth.CORRUPT, ExitCode.UNHEALTHY),
            (RepositoryHealth.UNREACHABLE, ExitCode.UNHEALTHY),
            (ProcessHealth.IDLE, ExitCode.OK),
            (ProcessHealth.RUNNING, ExitCode.OK),
            (ProcessHealth.STUCK, ExitCode.WARNINGS),
            (None, ExitCode.OK),
        ],
    )
    def test_each_state_has_its_code(self, state: HostHealth | None, code: ExitCode) -> None:
        assert overall([HostHealth.HEALTHY, state, ProcessHealth.IDLE], [ran()]) == code

    def test_a_failing_probe_is_a_warning_and_hides_nothing_worse(self) -> None:
        failing = ran(None, reason=Reason.INTERNAL, error="bug")
        assert overall([], [ran(), failing]) == ExitCode.WARNINGS
        assert overall([HostHealth.UNHEALTHY], [failing]) == ExitCode.UNHEALTHY
        assert overall([], []) == ExitCode.OK
