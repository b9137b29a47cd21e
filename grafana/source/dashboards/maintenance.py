"""When were the windows open, and what came of the tasks? A row of the overview."""

from dashboards import colors
from dashboards.frame import Row
from dashboards.panels import series, timeline
from dashboards.queries import INSTANCE, REPOSITORY, Query, grown, highest, leading, lowest, total
from dashboards.tables import SEVERE, Column, moment, table

_RUNS = "alignment_maintenance_task_runs_total"

MAINTENANCE = Row(
    "Maintenance in detail",
    (
        timeline(
            301,
            "When were the windows open?",
            "Inside a window alerts are held back. Of five machines, and of the five repositories where "
            "windows, some of their own, were open longest.",
            Query(leading("instance", "alignment_maintenance_active", INSTANCE, 5), "{{instance}}"),
            Query(
                "topk(5, max by (repository) (avg_over_time(alignment_maintenance_repository_active"
                f"{{{REPOSITORY}}}[$__range] @ end()))) * 0 + on (repository)"
                f" {highest('repository', 'alignment_maintenance_repository_active')}",
                "{{repository}}",
            ),
            states={"closed": "transparent", "open": colors.CALM},
            empty="No windows are known.",
        ),
        series(
            302,
            "What came of the tasks?",
            "Times that a task was due or was asked for, by what came of it. Postponed: somebody was at "
            "work.",
            Query(
                f"{grown('outcome', _RUNS, INSTANCE, '$__rate_interval')} > 0",
                "{{outcome}}",
            ),
            colored={
                "success": colors.GOOD,
                "failed": colors.BAD,
                "timeout": "dark-red",
                "crashed": "dark-red",
                "postponed": colors.CALM,
                "skipped": colors.DULL,
            },
            stacked=True,
            bars=True,
            empty="No task has run.",
        ),
        table(
            303,
            "Does each task keep its time?",
            "When each task was due and began, and how long its last run took, of the time it may take. One "
            "that is at work counts as running.",
            {"task": "task", "instance": "exporter"},
            moment(
                "was due",
                highest(
                    "task, instance", "alignment_maintenance_task_previous_due_timestamp_seconds", INSTANCE
                ),
                width=150,
            ),
            moment(
                "last succeeded",
                highest(
                    "task, instance", "alignment_maintenance_task_last_success_timestamp_seconds", INSTANCE
                ),
                width=150,
            ),
            Column(
                "running",
                total("task, instance", "alignment_maintenance_task_running", INSTANCE),
                width=90,
            ),
            Column(
                "freed too little by",
                highest("task, instance", "alignment_maintenance_task_shortfall_bytes", INSTANCE),
                unit="bytes",
                colored=SEVERE,
                width=150,
            ),
            Column(
                "took",
                highest("task, instance", "alignment_maintenance_task_last_duration_seconds", INSTANCE),
                unit="s",
            ),
            Column(
                "of its limit",
                "max by (task, instance)"
                f" (alignment_maintenance_task_last_duration_seconds{{{INSTANCE}}}"
                f" / alignment_maintenance_task_time_limit_seconds{{{INSTANCE}}})",
                unit="percentunit",
                gauge=True,
                width=200,
                decimals=0,
            ),
            sort="task",
            ascending=True,
            empty="No maintenance is known.",
            height=7,
        ),
        table(
            304,
            "Is every repository backed up?",
            "The newest backup of each repository, its share of the age that it may have, and whether it "
            "could be restored on trial, when that was last so, and what the repository had then that the "
            "backup had not.",
            {"repository": "repository"},
            moment("newest", highest("repository", "alignment_backup_timestamp_seconds")),
            Column(
                "of its age",
                f"(time() - {highest('repository', 'alignment_backup_timestamp_seconds')})"
                f" / scalar(min(alignment_backup_age_limit_seconds{{{INSTANCE}}}))",
                unit="percentunit",
                colored=((None, colors.GOOD), (1, colors.BAD)),
                decimals=0,
                width=100,
            ),
            Column("size", highest("repository", "alignment_backup_size_bytes"), unit="bytes", width=90),
            Column(
                "restorable",
                lowest("repository", "alignment_backup_restorable"),
                states={"no": colors.BAD, "yes": colors.GOOD},
                width=100,
            ),
            moment(
                "last restored", highest("repository", "alignment_backup_last_restored_timestamp_seconds")
            ),
            Column("commits missing", highest("repository", "alignment_backup_missing_commits"), width=130),
            Column("refs missing", highest("repository", "alignment_backup_missing_refs"), width=110),
            sort="of its age",
            empty="No backups are known.",
            height=7,
        ),
    ),
    folded=True,
)
