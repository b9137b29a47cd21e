"""Has each machine enough of everything, and is each repository tidy and whole? A row of the overview."""

from grafana_foundation_sdk.builders.timeseries import Panel

from dashboards import colors
from dashboards.frame import Row, Uid, to
from dashboards.panels import THIRD, series
from dashboards.queries import (
    INSTANCE,
    REPOSITORY,
    Query,
    coded,
    highest,
    leading,
    limit,
    line,
    lowest,
    total,
    worst,
)
from dashboards.tables import SEVERE, Column, moment, table

_TO_EMPTY = "instance_mountpoint:alignment_host_filesystem_avail_bytes:seconds_to_empty_deriv6h"
_OLDEST_LOCK = "alignment_repository_oldest_lock_timestamp_seconds"
_OLDEST_IN_PROGRESS = "alignment_repository_oldest_operation_in_progress_timestamp_seconds"


def _of_threshold(metric: str, name: str) -> str:
    return (
        f"max by (repository) ({metric}{{{REPOSITORY}}} / ignoring (threshold, operation, phase)"
        f' alignment_threshold{{threshold="{name}",{REPOSITORY}}})'
    )


def _filling(number: int, title: str, description: str, metric: str) -> Panel:
    """How full the fullest file systems are."""
    return series(
        number,
        title,
        description,
        Query(leading("instance, mountpoint", metric, INSTANCE), "{{mountpoint}} on {{instance}}"),
        limit("disk_ratio", INSTANCE),
        limit("disk_critical_ratio", INSTANCE, "critical threshold"),
        unit="percentunit",
        maximum=1,
        empty="No file system is watched.",
    )


MACHINES = Row(
    "Machines and repositories",
    (
        series(
            401,
            "Are the processors busy?",
            "Share of time not idle, averaged over the configured window, of the ten busiest machines.",
            Query(
                leading("instance", "alignment_host_cpu_utilization_ratio", INSTANCE),
                "{{instance}}",
            ),
            limit("cpu_ratio", INSTANCE),
            unit="percentunit",
            maximum=1,
            empty="No machine is watched.",
        ),
        series(
            402,
            "Does memory run short?",
            "Memory in use; caches do not count. Of the ten machines with the least left.",
            Query(
                leading("instance", "instance:alignment_host_memory_used:ratio", INSTANCE),
                "{{instance}}",
            ),
            limit("memory_ratio", INSTANCE),
            limit("memory_critical_ratio", INSTANCE, "critical threshold"),
            unit="percentunit",
            maximum=1,
            empty="No machine is watched.",
        ),
        _filling(
            403,
            "Do the disks fill up?",
            "Use of the file systems as df shows it, of the ten fullest.",
            "instance_mountpoint:alignment_host_filesystem_used:ratio",
        ),
        series(
            404,
            "When would a disk be full?",
            "Time until nothing is left at the pace of the last six hours, of the ten that are first; "
            "nothing where use does not grow.",
            Query(
                f"bottomk(10, {lowest('instance, mountpoint', _TO_EMPTY, INSTANCE)})",
                "{{mountpoint}} on {{instance}}",
            ),
            limit("disk_full_within_seconds", INSTANCE),
            unit="s",
            empty="No disk is known to fill up.",
            logarithmic=True,
        ),
        series(
            405,
            "Does somebody wait for memory or a disk?",
            "Share of the time in which some program waited for the resource.",
            Query(
                leading(
                    "instance, resource",
                    "instance_resource:alignment_host_pressure_waiting_seconds:rate10m",
                    f'{INSTANCE},resource!="cpu"',
                ),
                "{{resource}} on {{instance}}",
            ),
            limit("memory_pressure_ratio", INSTANCE, "threshold of memory"),
            limit("io_pressure_ratio", INSTANCE, "threshold of io"),
            unit="percentunit",
            maximum=1,
            empty="The kernel does not tell.",
        ),
        _filling(
            406,
            "Are inodes left?",
            "Use of the file systems' inodes, of the ten with the fewest left. Some have no fixed number.",
            "instance_mountpoint:alignment_host_filesystem_files_used:ratio",
        ),
        series(
            407,
            "Are loose objects or packs too many?",
            "Loose objects and packs as a share of their thresholds, of the four repositories that are "
            "nearest.",
            Query(
                worst(
                    _of_threshold("alignment_repository_loose_objects", "loose_objects"),
                    "repository",
                    4,
                ),
                "loose objects of {{repository}}",
            ),
            Query(
                worst(
                    _of_threshold("alignment_repository_packs", "packs"),
                    "repository",
                    4,
                ),
                "packs of {{repository}}",
            ),
            line(1, f'alignment_threshold{{threshold="packs",{REPOSITORY}}}'),
            unit="percentunit",
            empty="No repository is watched.",
            width=THIRD,
        ),
        table(
            408,
            "Is a lock or an operation left over?",
            "Locks that no git process explains, and operations begun and not ended, with their age. The "
            "thresholds are of the repository.",
            {"repository": "repository", "kind": "lock", "operation": "operation"},
            Column(
                "age",
                f"time() - ({lowest('repository, kind', _OLDEST_LOCK)}"
                f" or {lowest('repository, operation', _OLDEST_IN_PROGRESS)})",
                unit="dtdurations",
                width=120,
            ),
            sort="age",
            empty="Neither is known.",
            links={"repository": to(Uid.OPERATIONS, ("instance",), repository="repository")},
            width=THIRD - 1,
        ),
        table(
            409,
            "Is every repository whole?",
            "Health now, when git fsck last checked each repository, how long that took, how many kinds of "
            "damage it found, and how many refs name no object.",
            {"repository": "repository"},
            Column(
                "health",
                coded(
                    "alignment_repository_health", REPOSITORY, tuple(colors.REPOSITORY_STATES), "repository"
                ),
                states=colors.REPOSITORY_STATES,
                width=90,
            ),
            moment(
                "checked",
                highest("repository", "alignment_repository_fsck_timestamp_seconds", REPOSITORY),
                width=110,
            ),
            Column(
                "took",
                highest("repository", "alignment_repository_fsck_duration_seconds", REPOSITORY),
                unit="s",
                width=70,
            ),
            Column(
                "damage",
                total("repository", "alignment_repository_fsck_problem", REPOSITORY),
                colored=SEVERE,
                width=80,
            ),
            Column(
                "broken refs",
                total("repository", "alignment_repository_broken_refs", REPOSITORY),
                colored=SEVERE,
                width=95,
            ),
            sort="health",
            empty="No repository was checked yet.",
            width=THIRD + 1,
        ),
    ),
    folded=True,
)
