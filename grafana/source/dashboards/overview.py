"""Is it well? Alerts, hosts, repositories, processes; then branches, operations, maintenance, ourselves."""

from dashboards import colors
from dashboards.frame import Dashboard, Row, Uid, to
from dashboards.machines import MACHINES
from dashboards.maintenance import MAINTENANCE
from dashboards.ourselves import OURSELVES
from dashboards.panels import HALF, THIRD, series, stat, timeline
from dashboards.queries import (
    ALERT,
    BAD,
    INSTANCE,
    JUDGED,
    REPOSITORY,
    Query,
    coded,
    grown,
    highest,
    limit,
    threshold,
    total,
    worst,
)
from dashboards.tables import SEVERE, Column, moment, table

_KEPT = ("instance",)
_TO_BRANCHES = to(Uid.BRANCHES, _KEPT, repository="repository")
_TO_OPERATIONS = to(Uid.OPERATIONS, _KEPT, repository="repository")
_RUNBOOK = "https://github.com/alignwatch/alignwatch/blob/main/rules/RUNBOOK.md"

_COUNT = "alignment_operation_duration_seconds_count"
_MACHINES = coded("alignment_host_health", INSTANCE, tuple(colors.HOST_STATES), "instance")
_ACTIVITY = coded("alignment_process_health", REPOSITORY, tuple(colors.PROCESS_STATES), "repository")
_BAD_RATIO = "repository:alignment_operations_bad_per_operation:ratio_increase6h"
_SEVERITY = " or ".join(
    f"{number} * max by (alertname, repository, instance)"
    f' (ALERTS{{{ALERT},alertstate="firing",severity="{severity}"}})'
    for number, severity in ((2, "critical"), (1, "warning"), (0, "info"))
)
"""The worst of each alert, as its number."""
_HEALTH = coded("alignment_repository_health", REPOSITORY, tuple(colors.REPOSITORY_STATES), "repository")


def _branches(states: str) -> str:
    return total("repository", "alignment_branches", f'{REPOSITORY},state=~"{states}"')


_JUDGED = f"sum(increase(alignment_operation_duration_seconds_count{{{REPOSITORY},{JUDGED}}}[$__range]))"
_BAD = f"sum(increase(alignment_operation_duration_seconds_count{{{REPOSITORY},{BAD}}}[$__range]))"

_WELL = Row(
    "Is it well?",
    (
        stat(
            1,
            "Does an alert fire?",
            "Alerts of severity critical and warning that fire now. Those that inform only are in the list.",
            f'count(ALERTS{{{ALERT},alertstate="firing",severity=~"critical|warning"}})'
            " or 0 * max(alignment_rule_pack_info)",
            empty="no rules",
        ),
        stat(
            2,
            "Is an exporter silent?",
            "Exporters that Prometheus cannot scrape. What they watch is unknown, and raises no alert.",
            f'count(up{{job="alignwatch",{INSTANCE}}} == 0) or 0 * count(up{{job="alignwatch",{INSTANCE}}})',
            empty="no exporter",
        ),
        stat(
            3,
            "Is a machine unwell?",
            "Machines that are degraded or unhealthy: too little processor, memory or disk is left.",
            f'sum(alignment_host_health{{{INSTANCE},state!="healthy"}})',
            empty="no machine",
        ),
        stat(
            4,
            "Is a repository ill?",
            "Repositories that are degraded, corrupt or unreachable.",
            f'sum(alignment_repository_health{{{REPOSITORY},state!="optimal"}})',
            empty="no repository",
        ),
        stat(
            5,
            "Is an operation stuck?",
            "Repositories in which an operation was begun long ago and has not ended.",
            f'sum(alignment_process_health{{{REPOSITORY},state="stuck"}})',
            empty="no repository",
        ),
        stat(
            6,
            "Is any budget left?",
            "What the objective allows to fail in the time shown, less what did fail or was unverified. "
            "Below 0 % more failed than was promised.",
            f"1 - ({_BAD} / ({_JUDGED} > 0)) / (1 - {threshold('success_objective_ratio')})",
            unit="percentunit",
            empty="unknown",
            colored=((None, colors.BAD), (0, colors.WARNING), (0.25, colors.GOOD)),
            trend=False,
        ),
        table(
            7,
            "Which alerts fire?",
            "Every alert that fires now, since when, and about what. The name leads to the runbook, the "
            "repository to its branches.",
            {"alertname": "alert", "repository": "repository", "instance": "exporter"},
            Column(
                "severity",
                _SEVERITY,
                states=dict(reversed(colors.SEVERITIES.items())),
                width=80,
                first=True,
            ),
            moment(
                "since",
                "max by (alertname, repository, instance)"
                f' (ALERTS_FOR_STATE{{{ALERT},severity!="none"}}'
                f' and ignoring (alertstate) ALERTS{{{ALERT},alertstate="firing"}})',
            ),
            sort="severity",
            then="since",
            empty="No alert is known to fire.",
            links={
                "alert": f"{_RUNBOOK}#:~:text=${{__data.fields.alert}}",
                "repository": _TO_BRANCHES,
            },
            widths={"repository": 160, "exporter": 160},
            least={"alert": 260},
            height=8,
        ),
        timeline(
            8,
            "How were the repositories?",
            "Health over time, of the ten that were worst; the table below has them all. Corrupt: objects or "
            "refs are damaged. Degraded: a lock was left, or there are too many loose objects or packs.",
            Query(
                f"{_HEALTH} and on (repository) topk(10, max by (repository) (1 - avg_over_time("
                f'alignment_repository_health{{{REPOSITORY},state="optimal"}}[$__range] @ end())))',
                "{{repository}}",
            ),
            states=colors.REPOSITORY_STATES,
            empty="No repository is watched.",
            width=THIRD,
        ),
        timeline(
            9,
            "What did the operations do?",
            "Whether git or alignment code was at work in the repositories, of the ten that were stuck "
            "longest. Stuck: an operation was begun long ago and has not ended.",
            Query(
                f"{_ACTIVITY} and on (repository) topk(10, max by (repository) (1000 * avg_over_time("
                f'alignment_process_health{{{REPOSITORY},state="stuck"}}[$__range] @ end())'
                f' + ignoring (state) avg_over_time(alignment_process_health{{{REPOSITORY},state="running"}}'
                "[$__range] @ end())))",
                "{{repository}}",
            ),
            states=colors.PROCESS_STATES,
            empty="No repository is watched.",
            width=THIRD,
        ),
        timeline(
            10,
            "How were the machines?",
            "Health over time, of the ten that were worst: degraded above the thresholds of processor, "
            "memory and disk, unhealthy above the critical ones.",
            Query(
                f"{_MACHINES} and on (instance) topk(10, max by (instance) (1 - avg_over_time("
                f'alignment_host_health{{{INSTANCE},state="healthy"}}[$__range] @ end())))',
                "{{instance}}",
            ),
            states=colors.HOST_STATES,
            empty="No machine is watched.",
            width=THIRD,
        ),
    ),
)

_REPOSITORIES = Row(
    "Repositories and their branches",
    (
        table(
            101,
            "Which repositories need care?",
            "One line a repository. Conflicting: share of the branches behind whose merge into their target "
            "would conflict. Unsaved: branches with work that is nowhere else. Failed: share of the "
            "operations of the time shown. Each name leads to the repository's branches, what failed to its "
            "operations.",
            {"repository": "repository"},
            Column(
                "health",
                _HEALTH,
                states=colors.REPOSITORY_STATES,
                width=90,
            ),
            Column(
                "processes",
                coded("alignment_process_health", REPOSITORY, tuple(colors.PROCESS_STATES), "repository"),
                states=colors.PROCESS_STATES,
                width=90,
            ),
            Column("branches", total("repository", "alignment_branches", REPOSITORY), width=80),
            Column(
                "conflicting",
                f"{_branches('conflicting')} / ({_branches('clean|conflicting')} > 0)",
                unit="percentunit",
                gauge=True,
                width=120,
                decimals=0,
            ),
            Column("collisions", total("repository", "alignment_branch_collisions", REPOSITORY), width=90),
            Column("unsaved", total("repository", "alignment_unsaved_branches", REPOSITORY), width=75),
            Column(
                "operations",
                f"round({grown('repository', _COUNT)})",
                width=90,
            ),
            Column(
                "failed",
                f"{grown('repository', _COUNT, f'{REPOSITORY},{BAD}')}"
                f" / ({grown('repository', _COUNT, f'{REPOSITORY},{JUDGED}')} > 0)",
                unit="percentunit",
                width=60,
                decimals=0,
            ),
            sort="health",
            empty="No repository is watched.",
            links={
                "repository": _TO_BRANCHES,
                "conflicting": _TO_BRANCHES,
                "collisions": _TO_BRANCHES,
                "unsaved": _TO_BRANCHES,
                "operations": _TO_OPERATIONS,
                "failed": _TO_OPERATIONS,
            },
            width=HALF + 1,
            height=9,
        ),
        series(
            102,
            "How do the branches stand?",
            "All branches by how they stand to their targets. Merged: nothing in them that the target "
            "lacks. Aligned: nothing to take from it. Behind: clean or conflicting is not known yet.",
            Query(f"sum by (state) (alignment_branches{{{REPOSITORY}}}) > 0", "{{state}}"),
            colored=colors.BRANCH_STATES,
            stacked=True,
            empty="No branches are known.",
            width=HALF - 1,
            height=9,
        ),
    ),
)

_OPERATIONS = Row(
    "Operations and maintenance",
    (
        series(
            201,
            "How did the operations end?",
            "Operations by outcome, counted by interval. A conflict is the work at hand and no failure.",
            Query(
                f"{grown('outcome', _COUNT, over='$__rate_interval')} > 0",
                "{{outcome}}",
            ),
            colored=colors.OUTCOMES,
            stacked=True,
            bars=True,
            empty="No operations were recorded.",
            width=7,
        ),
        series(
            202,
            "Do they succeed as promised?",
            "Share of the operations of the last six hours that neither failed nor were unverified, of the "
            "five repositories where it is lowest, and the objective.",
            Query(
                f"1 - ({worst(highest('repository', _BAD_RATIO), 'repository', 5)})",
                "{{repository}}",
            ),
            limit("success_objective_ratio", legend="objective"),
            unit="percentunit",
            maximum=1,
            empty="No operations were recorded.",
            width=7,
            link=to(Uid.OPERATIONS, (*_KEPT, "repository")),
        ),
        table(
            203,
            "When is maintenance, and how did it go?",
            "When each task is due next, when it last began, how that ended, and what it has freed in the "
            "time shown.",
            {"task": "task", "instance": "exporter"},
            moment(
                "next",
                highest("task, instance", "alignment_maintenance_next_run_timestamp_seconds", INSTANCE),
                width=100,
            ),
            moment(
                "last",
                highest(
                    "task, instance", "alignment_maintenance_task_last_start_timestamp_seconds", INSTANCE
                ),
                width=105,
            ),
            Column(
                "exit code",
                highest("task, instance", "alignment_maintenance_task_last_exit_code", INSTANCE),
                colored=SEVERE,
                width=75,
            ),
            Column(
                "freed",
                grown("task, instance", "alignment_maintenance_task_freed_bytes_total", INSTANCE),
                unit="bytes",
                width=70,
                decimals=0,
            ),
            sort="next",
            ascending=True,
            empty="No maintenance is known.",
            least={"task": 140, "exporter": 105},
            width=10,
        ),
    ),
)

OVERVIEW = Dashboard(
    Uid.OVERVIEW,
    "Alignwatch / Overview",
    "Is it well? Alerts, machines, repositories, operations and maintenance; each leads to the detail.",
    ("instance", "repository"),
    (_WELL, _REPOSITORIES, _OPERATIONS, MAINTENANCE, MACHINES, OURSELVES),
)
