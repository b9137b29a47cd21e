"""Every metric: name, type, meaning and labels, each exactly once.

Rules, dashboards, the report and ``docs/metrics.md`` may name only what stands here. Names follow the
conventions of Prometheus: base units, ratios from 0 to 1, ``_total`` on counters, timestamps instead of
ages. No label is a process id, a path inside a repository or free text.
"""

from dataclasses import dataclass
from typing import Literal

from prometheus_client.core import Metric as Family

Type = Literal["gauge", "counter", "histogram", "info"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as it stands on the page."""

    name: str
    type: Type
    help: str
    labels: tuple[str, ...] = ()

    def family(self) -> Family:
        """A family of it without samples."""
        suffix = {"counter": "_total", "info": "_info"}.get(self.type, "")
        return Family(self.name.removesuffix(suffix), self.help, self.type)


def _gauge(name: str, help: str, *labels: str) -> Metric:
    return Metric(f"alignment_{name}", "gauge", help, labels)


def _counter(name: str, help: str, *labels: str) -> Metric:
    return Metric(f"alignment_{name}_total", "counter", help, labels)


BUILD_INFO = _gauge("build_info", "Always 1; labels say what runs.", "version", "pythonversion", "gitversion")
CONFIG_RELOAD_SUCCESSFUL = _gauge(
    "config_last_reload_successful", "Whether the last reading of the configuration succeeded."
)
CONFIG_RELOAD_TIMESTAMP = _gauge(
    "config_last_reload_success_timestamp_seconds", "When a configuration was last read successfully."
)
SNAPSHOT_TIMESTAMP = _gauge("snapshot_timestamp_seconds", "When this page was made.")
THRESHOLD = _gauge(
    "threshold",
    "What is too much, from the configuration, in base units (ratios, seconds, counts). "
    "A label that does not apply is empty: those of the machine have no repository.",
    "threshold",
    "repository",
    "operation",
    "phase",
)

PROBE_SUCCESS = _gauge("probe_success", "Whether the probe's last run succeeded.", "probe", "repository")
PROBE_DURATION = _gauge("probe_duration_seconds", "Duration of the probe's last run.", "probe", "repository")
PROBE_LAST_SUCCESS = _gauge(
    "probe_last_success_timestamp_seconds",
    "When the probe last succeeded; absent if never.",
    "probe",
    "repository",
)
PROBE_MAXIMUM_AGE = _gauge(
    "probe_maximum_age_seconds",
    "Age after which what the probe saw is no longer shown.",
    "probe",
    "repository",
)
PROBE_FAILURE = _gauge(
    "probe_failure_info", "1 while the probe fails, with the reason.", "probe", "repository", "reason"
)

DOCTOR_CHECK = _gauge(
    "doctor_check",
    "1 for what a check of the doctor has come to, 0 for the other statuses. Only the cheap checks are here.",
    "id",
    "status",
)

HOST_HEALTH = _gauge("host_health", "1 for the state that holds, 0 for the others.", "state")
HOST_CPU_SECONDS = _counter("host_cpu_seconds", "Seconds of all processors, by mode.", "mode")
HOST_CPUS = _gauge("host_cpus", "Logical processors.")
HOST_CPU_RATIO = _gauge(
    "host_cpu_utilization_ratio", "Share of time not idle, averaged over the configured window."
)
HOST_LOAD1 = _gauge("host_load1", "Load average over one minute.")
HOST_LOAD5 = _gauge("host_load5", "Load average over five minutes.")
HOST_LOAD15 = _gauge("host_load15", "Load average over fifteen minutes.")
HOST_MEMORY_TOTAL = _gauge("host_memory_total_bytes", "Memory of the machine.")
HOST_MEMORY_AVAILABLE = _gauge("host_memory_available_bytes", "Memory that could be had without swapping.")
HOST_SWAP_TOTAL = _gauge("host_swap_total_bytes", "Swap space.")
HOST_SWAP_FREE = _gauge("host_swap_free_bytes", "Swap space not used.")
HOST_DISK_READ_BYTES = _counter("host_disk_read_bytes", "Read from the block device.", "device")
HOST_DISK_WRITTEN_BYTES = _counter("host_disk_written_bytes", "Written to the block device.", "device")
HOST_DISK_READS = _counter("host_disk_reads_completed", "Reads from the block device.", "device")
HOST_DISK_WRITES = _counter("host_disk_writes_completed", "Writes to the block device.", "device")
HOST_PRESSURE = _counter(
    "host_pressure_waiting_seconds", "Time in which some task waited for the resource.", "resource"
)
FILESYSTEM_SIZE = _gauge("host_filesystem_size_bytes", "Size of the file system.", "mountpoint")
FILESYSTEM_FREE = _gauge("host_filesystem_free_bytes", "Free, root's reserve included.", "mountpoint")
FILESYSTEM_AVAILABLE = _gauge("host_filesystem_avail_bytes", "Free for ordinary users.", "mountpoint")
FILESYSTEM_FILES = _gauge("host_filesystem_files", "Inodes.", "mountpoint")
FILESYSTEM_FILES_FREE = _gauge("host_filesystem_files_free", "Inodes not used.", "mountpoint")

REPOSITORY_HEALTH = _gauge(
    "repository_health", "1 for the state that holds, 0 for the others.", "repository", "state"
)
REPOSITORY_BRANCHES = _gauge("repository_branches", "Branches, the ignored ones included.", "repository")
REPOSITORY_WORKTREES = _gauge("repository_worktrees", "Work trees.", "repository")
REPOSITORY_LOCKS = _gauge("repository_locks", "Lock files.", "repository", "kind")
REPOSITORY_LOCK_OLDEST = _gauge(
    "repository_oldest_lock_timestamp_seconds",
    "Since when the oldest lock stands that no git process explains.",
    "repository",
    "kind",
)
IN_PROGRESS = _gauge(
    "repository_operations_in_progress",
    "Operations begun and not ended, over all worktrees.",
    "repository",
    "operation",
)
IN_PROGRESS_OLDEST = _gauge(
    "repository_oldest_operation_in_progress_timestamp_seconds",
    "Since when the oldest of them is in progress.",
    "repository",
    "operation",
)
LOOSE_OBJECTS = _gauge("repository_loose_objects", "Objects outside packs.", "repository")
LOOSE_BYTES = _gauge("repository_loose_bytes", "Disk space of objects outside packs.", "repository")
PACKS = _gauge("repository_packs", "Pack files.", "repository")
PACK_BYTES = _gauge("repository_pack_bytes", "Disk space of packs.", "repository")
GARBAGE_FILES = _gauge("repository_garbage_files", "Files in the object store that are none.", "repository")
BROKEN_REFS = _gauge("repository_broken_refs", "Refs that name no object.", "repository")
FSCK_TIMESTAMP = _gauge(
    "repository_fsck_timestamp_seconds", "When git fsck last ended; absent if never.", "repository"
)
FSCK_DURATION = _gauge("repository_fsck_duration_seconds", "How long git fsck took.", "repository")
FSCK_PROBLEM = _gauge(
    "repository_fsck_problem", "Whether the last git fsck found this kind.", "repository", "kind"
)

BRANCHES = _gauge(
    "branches",
    "Branches by state against their target; the states add up to all that are not ignored.",
    "repository",
    "target",
    "family",
    "state",
)
BRANCHES_BY_AUTHOR = _gauge(
    "branches_by_author",
    "Branches by who made their last commit, a person or a bot; those of which it is not known are left out.",
    "repository",
    "target",
    "author",
)
NEVER_MERGE_DELTA = _gauge(
    "never_merge_revisions_delta",
    "How far two primaries have parted that must never be merged: commits that the branch has and its target "
    "lacks (ahead), or the other way round (behind).",
    "repository",
    "branch",
    "target",
    "direction",
)
BRANCHES_IGNORED = _gauge("branches_ignored", "Branches that the configuration leaves out.", "repository")
BRANCHES_BEHIND = _gauge(
    "branches_revisions_behind",
    "Commits that branches lack of their target: median, 90th percentile and maximum.",
    "repository",
    "target",
    "family",
    "statistic",
)
BRANCHES_CONFLICT_FILES = _gauge(
    "branches_conflict_files",
    "Files that a merge into the target would leave in conflict, of the branches where that is known: "
    "median, 90th percentile and maximum.",
    "repository",
    "target",
    "family",
    "statistic",
)
BRANCHES_CONFLICT_GROWTH = _gauge(
    "branches_conflict_growth",
    "Branches that a merge into the target would leave with more files in conflict than a week ago, or than "
    "on the first day known; absent where there is nothing to compare with.",
    "repository",
    "target",
)
BRANCHES_ACTIVE = _gauge(
    "branches_active", "Branches whose tip is young enough for series of their own.", "repository"
)
BRANCHES_CUT = _gauge(
    "branch_series_cut", "Active branches without series of their own, for want of room.", "repository"
)
BRANCH_DELTA = _gauge(
    "branch_revisions_delta",
    "Commits the branch has and its target lacks (ahead), or the other way round (behind).",
    "repository",
    "branch",
    "target",
    "direction",
)
BRANCH_CONFLICT_FILES = _gauge(
    "branch_conflict_files",
    "Files that a merge into the target would leave in conflict; absent where that is not known.",
    "repository",
    "branch",
    "target",
)
BRANCH_COLLISION_PARTNERS = _gauge(
    "branch_collision_partners",
    "Other active branches with which the branch would conflict if both landed; absent where that is not "
    "known.",
    "repository",
    "branch",
    "target",
)
BRANCH_TIP = _gauge(
    "branch_tip_timestamp_seconds", "Commit time of the branch's tip.", "repository", "branch", "target"
)
UNSAVED_BRANCHES = _gauge(
    "unsaved_branches", "Branches with commits that are in no primary, remote or backup.", "repository"
)
UNSAVED_UNKNOWN_BRANCHES = _gauge(
    "unsaved_unknown_branches", "Branches of which that could not be found out.", "repository"
)
UNSAVED_COMMITS = _gauge(
    "unsaved_commits", "Distinct commits that are in no primary, remote or backup.", "repository"
)
UNSAVED_OLDEST_COMMIT = _gauge(
    "unsaved_oldest_commit_timestamp_seconds",
    "Commit time of the oldest of them; absent if there are none.",
    "repository",
)
FORECAST_PAIRS = _gauge(
    "forecast_pairs",
    "Merges of branches behind into their targets: tried out, still to be tried, failed to be tried.",
    "repository",
    "state",
)
BRANCH_COLLISIONS = _gauge(
    "branch_collisions",
    "Pairs of active branches that would conflict with each other if both landed; absent while some are "
    "still to be tried.",
    "repository",
)
COLLISION_PAIRS = _gauge(
    "collision_pairs",
    "Merges of active branches that touch the same files: tried out, still to be tried, failed to be tried.",
    "repository",
    "state",
)

PROCESS_HEALTH = _gauge(
    "process_health", "1 for the state that holds, 0 for the others.", "repository", "state"
)
PROCESSES = _gauge(
    "processes", "Running processes that change history or name an alignment.", "repository", "operation"
)
PROCESS_OLDEST = _gauge(
    "process_oldest_start_timestamp_seconds", "Start of the oldest of them.", "repository"
)

OPERATION_DURATION = Metric(
    "alignment_operation_duration_seconds",
    "histogram",
    "Duration of alignment operations, from the journal: goes on over restarts.",
    ("repository", "operation", "target", "outcome"),
)
OPERATION_PHASE_DURATION = Metric(
    "alignment_operation_phase_duration_seconds",
    "histogram",
    "Duration of the phases that alignment operations report, from the journal: goes on over restarts.",
    ("repository", "operation", "phase"),
)
OPERATION_WINDOW_MIN = _gauge(
    "operation_window_min_seconds",
    "Shortest operation that ended in the last window; absent if none did.",
    "repository",
    "operation",
)
OPERATION_WINDOW_MAX = _gauge(
    "operation_window_max_seconds",
    "Longest operation that ended in the last window; absent if none did.",
    "repository",
    "operation",
)
OPERATION_WINDOW_MEMORY = _gauge(
    "operation_window_peak_memory_bytes",
    "Largest resident memory of an operation that ended in the last window; absent if none did.",
    "repository",
    "operation",
)
OPERATION_WINDOW_OPERATIONS = _gauge(
    "operation_window_operations",
    "Operations that these are the extremes of: so many were recorded last.",
    "repository",
    "operation",
)
OPERATION_WINDOW = _gauge("operation_window_seconds", "Length of that window.")
OPERATION_CPU = _counter("operation_cpu_seconds", "Processor time of operations.", "repository", "operation")
OPERATION_MEASURED = _counter(
    "operation_measured_seconds",
    "Duration of the operations whose processor time is known.",
    "repository",
    "operation",
)
OPERATION_IO = _counter(
    "operation_io_operations", "Block reads and writes of operations.", "repository", "operation"
)
OPERATION_WAITING = _counter(
    "operation_waiting_seconds",
    "Time in which operations had stopped and waited for a person; their duration does not contain it.",
    "repository",
    "operation",
)
OPERATION_LAST_SUCCESS = _gauge(
    "operation_last_success_timestamp_seconds",
    "When an operation last succeeded; absent if never.",
    "repository",
    "operation",
)
OPERATIONS_UNVERIFIED = _counter(
    "operations_unverified",
    "Operations that are said to have succeeded, and that git does not confirm.",
    "repository",
    "operation",
    "target",
    "reason",
)
OPERATIONS_UNVERIFIABLE = _counter(
    "operations_unverifiable",
    "Operations that are said to have succeeded, and of which git can tell neither way.",
    "repository",
    "operation",
    "target",
)
OPERATIONS_IN_FLIGHT = _gauge(
    "operations_in_flight", "Operations that have begun and not ended.", "repository", "operation"
)
OPERATION_OLDEST_IN_FLIGHT = _gauge(
    "operation_oldest_in_flight_start_timestamp_seconds",
    "When the oldest operation in flight began; absent if there is none.",
    "repository",
    "operation",
)
OPERATION_TREND_RATIO = _gauge(
    "operation_trend_ratio_per_week",
    "Growth of the usual duration a week over the last six: 0.03 is 3 % slower; absent with too few days.",
    "repository",
    "operation",
)
OPERATION_TREND_P_VALUE = _gauge(
    "operation_trend_p_value",
    "How often durations without a trend would look so or worse (Mann-Kendall); absent with too few days.",
    "repository",
    "operation",
)
OPERATION_TREND_SAMPLES = _gauge(
    "operation_trend_samples",
    "Successful operations that the trend is made of; absent if there were none.",
    "repository",
    "operation",
)
JOURNAL_SUCCESS = _gauge("journal_success", "Whether the journal could be read.")
JOURNAL_CREATED = _gauge(
    "journal_created_timestamp_seconds", "When the journal was made: a new one counts from 0."
)
JOURNAL_OPERATIONS = _gauge("journal_operations", "Operations whose details the journal still holds.")
AUDIT_NOTIFICATIONS = _counter(
    "audit_notifications",
    "Notifications that Alertmanager says it has sent, from the journal: goes on over restarts; absent "
    "without alerts.audit.",
    "status",
)
SESSION_STATE = _gauge(
    "session_state", "State of the monitoring: 1 for the one that holds, 0 for the others.", "state"
)
HOOK_EVENTS = _counter(
    "hook_events", "Events that a hook or a parent was told of, by what came of it.", "hook", "outcome"
)
HOOK_FAILING = _gauge(
    "hook_failing", "Whether the last attempt to tell a hook or a parent of an event failed.", "hook"
)
OUTBOX_WAITING = _gauge(
    "outbox_waiting_alerts", "Alerts that wait in the journal for Alertmanager to take them."
)
OUTBOX_OLDEST = _gauge(
    "outbox_oldest_timestamp_seconds", "Since when the first of them waits; absent if none does."
)
OUTBOX_TOTAL = _counter(
    "outbox_alerts",
    "Alerts that had to wait: sent, refused by Alertmanager as malformed, expired, "
    "or dropped because too many waited already.",
    "outcome",
)
WORK_LOST = _counter(
    "work_lost",
    "Branches that vanished with commits that are nowhere else, from the journal: goes on over restarts.",
    "repository",
)
WORK_LAST_LOST = _gauge(
    "work_last_lost_timestamp_seconds", "When one was last found out; absent if never.", "repository"
)
PRIMARY_EVENTS = _counter(
    "primary_events",
    "What happened to primaries that should not have, from the journal: goes on over restarts.",
    "repository",
    "target",
    "event",
)
PRIMARY_LAST_EVENT = _gauge(
    "primary_last_event_timestamp_seconds",
    "When this was last found to have happened to the primary; absent if never.",
    "repository",
    "target",
    "event",
)
TRACE_SUCCESS = _gauge(
    "trace_success", "Whether git's events could be read; absent where git is not told to write them."
)
TRACE_BACKLOG = _gauge("trace_backlog_files", "Files of git's events at the last look.")
TRACE_RECORDED = _counter(
    "trace_operations_recorded", "Operations recorded from git's events since the exporter began."
)
TRACE_LAST_OVERFLOW = _gauge(
    "trace_last_overflow_timestamp_seconds",
    "When git was last found to have left commands out, because too many files had not been read; "
    "absent if never.",
)

MAINTENANCE_ACTIVE = _gauge("maintenance_active", "1 inside the maintenance window.")
MAINTENANCE_REPOSITORY_ACTIVE = _gauge(
    "maintenance_repository_active",
    "1 inside a maintenance window of the repository; absent where none has windows of its own.",
    "repository",
)
MAINTENANCE_NEXT_RUN = _gauge("maintenance_next_run_timestamp_seconds", "When the task is due next.", "task")
MAINTENANCE_SCHEDULE = _gauge(
    "maintenance_schedule_info", "Always 1; how often the task is due.", "task", "schedule", "frequency"
)

MAINTENANCE_GRACE = _gauge(
    "maintenance_grace_seconds", "How long after it was due a task may begin; then it was missed."
)
MAINTENANCE_TASK_REGISTERED = _gauge(
    "maintenance_task_registered_timestamp_seconds",
    "Since when somebody runs the task by its present schedule; absent where nobody does.",
    "task",
)
MAINTENANCE_TASK_LAST_START = _gauge(
    "maintenance_task_last_start_timestamp_seconds",
    "When the run began that is at work, else when the task last began, of its repositories the one for "
    "which that is longest ago; absent if never.",
    "task",
)
MAINTENANCE_TASK_LAST_SUCCESS = _gauge(
    "maintenance_task_last_success_timestamp_seconds",
    "When the task last succeeded, of its repositories the one for which that is longest ago; absent while "
    "it never did for one.",
    "task",
)
MAINTENANCE_TASK_PREVIOUS_DUE = _gauge(
    "maintenance_task_previous_due_timestamp_seconds",
    "When the task was due last; absent while it never was since it was registered.",
    "task",
)
MAINTENANCE_TASK_LAST_DURATION = _gauge(
    "maintenance_task_last_duration_seconds",
    "How long the last run took, of its repositories the one where it took longest.",
    "task",
)
MAINTENANCE_TASK_LAST_EXIT_CODE = _gauge(
    "maintenance_task_last_exit_code",
    "Exit code of the last run, negative for a signal; of its repositories one that is not 0, if any.",
    "task",
)
MAINTENANCE_TASK_RUNNING = _gauge("maintenance_task_running", "Runs that have begun and not ended.", "task")
MAINTENANCE_TASK_RUNS = _counter(
    "maintenance_task_runs",
    "Times that the task was due, or was asked for, by what came of it.",
    "task",
    "outcome",
)
MAINTENANCE_TASK_TIME_LIMIT = _gauge(
    "maintenance_task_time_limit_seconds", "A run that takes longer is ended.", "task"
)
MAINTENANCE_TASK_FREED = _counter(
    "maintenance_task_freed_bytes", "Disk space that the task has freed.", "task"
)

MAINTENANCE_TASK_SHORTFALL = _gauge(
    "maintenance_task_shortfall_bytes",
    "Disk space that the last run that succeeded should have freed and did not, of its repositories the one "
    "where that is most.",
    "task",
)

BACKUP_TIMESTAMP = _gauge("backup_timestamp_seconds", "When the newest backup was begun.", "repository")
BACKUP_SIZE = _gauge("backup_size_bytes", "Size of the newest backup.", "repository")
BACKUP_AGE_LIMIT = _gauge(
    "backup_age_limit_seconds", "How old the newest backup may be; absent where none are made."
)
BACKUP_RESTORABLE = _gauge(
    "backup_restorable",
    "Whether the last trial to restore the newest backup found it whole; absent if there was none.",
    "repository",
)
BACKUP_VERIFICATION_TIMESTAMP = _gauge(
    "backup_verification_timestamp_seconds", "When that trial was.", "repository"
)
BACKUP_RESTORED_TIMESTAMP = _gauge(
    "backup_last_restored_timestamp_seconds",
    "When a backup was last restored on trial and found whole.",
    "repository",
)
BACKUP_RESTORE_DURATION = _gauge(
    "backup_restore_duration_seconds", "How long it took to restore that one.", "repository"
)
BACKUP_MISSING_REFS = _gauge(
    "backup_missing_refs",
    "Refs that the repository had then, and that one had not, or not as they were by then.",
    "repository",
)
BACKUP_MISSING_COMMITS = _gauge(
    "backup_missing_commits", "Commits that the repository had then and that one had not.", "repository"
)

CATALOGUE: tuple[Metric, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Metric)
)
"""All of them, in the order of the page."""
