"""Do operations succeed, how long do they take, where does the time go, and what do they use?"""

from dashboards import colors
from dashboards.frame import Dashboard, Row, Uid, to
from dashboards.panels import HALF, NEUTRAL, QUARTER, THIRD, WHOLE, heat, series, stat
from dashboards.queries import (
    BAD,
    JUDGED,
    OPERATION,
    OPERATION_TARGET,
    REPOSITORY,
    WORKED,
    Query,
    grown,
    highest,
    leading,
    limit,
    line,
    lowest,
    threshold,
    total,
    worst,
)
from dashboards.tables import SEVERE, Column, moment, table

_KEPT = ("instance", "repository", "operation", "target")
_KEY = "repository, operation"
_WHERE = "repository, operation, target"

_COUNT = "alignment_operation_duration_seconds_count"
_BUCKET = "alignment_operation_duration_seconds_bucket"
_SUM = "alignment_operation_duration_seconds_sum"
_PHASE = "alignment_operation_phase_duration_seconds"
_PHASE_BUCKET = f"{_PHASE}_bucket"
_PHASE_MEDIAN = f"repository_operation_phase:{_PHASE}:median_increase1h{{{OPERATION}}}"
_PHASE_MEDIAN_SHOWN = f"histogram_quantile(0.5, {grown('le, operation, phase', _PHASE_BUCKET, OPERATION)})"
_PHASE_TIME = f'threshold="phase_time_seconds",{REPOSITORY}'
_UNVERIFIED = "alignment_operations_unverified_total"
_LONGEST = f"max by ({_KEY}) (max_over_time(alignment_operation_window_max_seconds{{{OPERATION}}}[$__range]))"
_MEMORY = f"max by ({_KEY}) (max_over_time(alignment_operation_window_peak_memory_bytes{{{OPERATION}}}[1h]))"
_SHORTEST = (
    f"min by ({_KEY}) (min_over_time(alignment_operation_window_min_seconds{{{OPERATION}}}[$__range]))"
)
_BUDGET = f"repository:alignment_error_budget:ratio{{{REPOSITORY}}}"
_TREND_RATIO = highest(_KEY, "alignment_operation_trend_ratio_per_week", OPERATION)
_AT_WORK = " or ".join(
    f"{total(_KEY, metric, OPERATION)} > 0"
    for metric in (
        "alignment_operations_in_flight",
        "alignment_repository_operations_in_progress",
        "alignment_processes",
    )
)
_CONFLICT = ',outcome="conflict"'
_TIME = 'threshold="alignment_time_seconds"'


def _number(labels: str, over: str = "$__range", by: str = "") -> str:
    """Operations that ended."""
    grouped = f"sum by ({by})" if by else "sum"
    return f"{grouped} (increase({_COUNT}{{{OPERATION_TARGET}{labels}}}[{over}]))"


def _quantile(share: float, over: str, by: str = "") -> str:
    """Of the durations of what took work."""
    groups = ", ".join(filter(None, ("le", by)))
    buckets = grown(groups, _BUCKET, f"{OPERATION_TARGET},{WORKED}", over)
    return f"histogram_quantile({share}, {buckets})"


def _per_operation(counter: str) -> str:
    """What one operation used, on the average of the time shown, by kind."""
    return f"{grown(_KEY, counter, OPERATION)} / ({grown(_KEY, _COUNT, OPERATION)} > 0)"


_SUCCESS = Row(
    "Do they succeed?",
    (
        stat(
            1,
            "How many operations ended?",
            "Operations that ended in the time shown, however they did.",
            f"round({_number('')})",
            colored=NEUTRAL,
            empty="none recorded",
            width=QUARTER,
            trend=False,
        ),
        stat(
            2,
            "How many succeed?",
            "Of the operations that were judged, those that neither failed, ran out of time nor were rolled "
            "back. What a person cancelled, aborted or paused is not judged.",
            f"1 - {_number(f',{BAD}')} / ({_number(f',{JUDGED}')} > 0)",
            unit="percentunit",
            colored=NEUTRAL,
            empty="none recorded",
            width=QUARTER,
            trend=False,
        ),
        stat(
            3,
            "What was promised?",
            "The objective: share of operations that should neither fail nor be unverified, over weeks.",
            threshold("success_objective_ratio"),
            unit="percentunit",
            colored=((None, colors.DULL),),
            empty="no objective",
            width=QUARTER,
            trend=False,
        ),
        stat(
            4,
            "How many did git not confirm?",
            "Successes that were claimed in the time shown, and that git does not confirm.",
            f"round(sum(increase(alignment_operations_unverified_total{{{OPERATION_TARGET}}}[$__range])))",
            empty="none recorded",
            width=QUARTER,
            trend=False,
        ),
        stat(
            5,
            "How long does one take?",
            "Median duration of the time shown, of all that took work.",
            _quantile(0.5, "$__range"),
            unit="s",
            colored=NEUTRAL,
            empty="none recorded",
            width=QUARTER,
            trend=False,
        ),
        stat(
            6,
            "And the slow ones?",
            "One in twenty takes longer than this.",
            _quantile(0.95, "$__range"),
            unit="s",
            colored=NEUTRAL,
            empty="none recorded",
            width=QUARTER,
            trend=False,
        ),
        stat(
            7,
            "How many are at work?",
            "Operations that have begun and not ended.",
            f"sum(alignment_operations_in_flight{{{OPERATION}}})",
            colored=NEUTRAL,
            empty="not known",
            width=QUARTER,
        ),
        stat(
            8,
            "How long did they wait for a person?",
            "Time in which operations had stopped and waited for a person, of those that ended in the time "
            "shown. Their duration does not contain it.",
            f"sum(increase(alignment_operation_waiting_seconds_total{{{OPERATION}}}[$__range]))",
            unit="dtdurations",
            colored=NEUTRAL,
            empty="not known",
            width=QUARTER,
            trend=False,
        ),
        series(
            9,
            "How did they end?",
            "Operations by outcome, counted by interval.",
            Query(f"{_number('', '$__rate_interval', 'outcome')} > 0", "{{outcome}}"),
            colored=colors.OUTCOMES,
            stacked=True,
            bars=True,
            empty="No operations were recorded.",
        ),
        series(
            10,
            "Do failures use up the budget too fast?",
            "1 is the pace at which the failures that the objective allows last just as long as it is meant "
            "for; above 6 in six hours, or 2 in three days, an alert is raised. Of the repository that is "
            "worst.",
            *(
                Query(
                    f"max(repository:alignment_operations_bad_per_operation:ratio_increase{span}{{{REPOSITORY}}}"
                    f" / {_BUDGET})",
                    f"over {span}",
                )
                for span in ("1h", "6h", "1d", "3d")
            ),
            line(6, _BUDGET, "threshold over 6h"),
            line(2, _BUDGET, "threshold over 3d"),
            empty="No operations were recorded.",
        ),
    ),
)

_DURATION = Row(
    "How long do they take?",
    (
        heat(
            101,
            "How long do they take, and how often?",
            "Operations by duration and time; the darker the more. What was not needed, or ended by a "
            "person, is left out.",
            Query(
                f"sum by (le) (increase({_BUCKET}{{{OPERATION_TARGET},{WORKED}}}[$__rate_interval]))",
                "{{le}}",
                heat=True,
            ),
            unit="s",
            empty="No operations were recorded.",
        ),
        series(
            102,
            "How long do most take, and the slowest?",
            "Median, and what one in ten and one in a hundred exceed, over an hour.",
            Query(_quantile(0.5, "1h"), "median"),
            Query(_quantile(0.9, "1h"), "1 in 10"),
            Query(_quantile(0.99, "1h"), "1 in 100"),
            unit="s",
            colored={"median": colors.CALM, "1 in 10": "purple", "1 in 100": colors.WARNING},
            empty="No operations were recorded.",
            height=9,
        ),
        series(
            103,
            "Which kind is slower than it may be?",
            "Median of the last hour by kind of operation, of the six slowest, the longest operation lately "
            "of each kind, and the threshold of each kind.",
            Query(
                worst(
                    highest(
                        "repository, operation",
                        "repository_operation:alignment_operation_duration_seconds:median_increase1h",
                        OPERATION,
                    ),
                    _KEY,
                    6,
                ),
                "{{operation}} in {{repository}}",
            ),
            Query(
                highest("operation", "alignment_operation_window_max_seconds", OPERATION),
                "longest {{operation}}",
            ),
            Query(
                f"min by (operation) (alignment_threshold{{{_TIME},{OPERATION}}})",
                "threshold of {{operation}}",
            ),
            unit="s",
            logarithmic=True,
            empty="No operations were recorded.",
        ),
        table(
            104,
            "Which were the slowest?",
            "The longest operation of each kind in each repository in the time shown, the median, and what "
            "the longest took of its threshold.",
            {"repository": "repository", "operation": "operation"},
            Column(
                "longest",
                _LONGEST,
                unit="s",
                width=100,
            ),
            Column(
                "shortest",
                _SHORTEST,
                unit="s",
                width=100,
            ),
            Column("median", f"{_quantile(0.5, '$__range', _KEY)} > 0", unit="s", width=100),
            Column(
                "of threshold",
                f"{_LONGEST} / {highest(_KEY, 'alignment_threshold', f'{_TIME},{OPERATION}')}",
                unit="percentunit",
                gauge=True,
                width=150,
                decimals=0,
            ),
            shown=_LONGEST,
            sort="longest",
            empty="No operations were recorded.",
            links={
                "repository": to(Uid.OPERATIONS, _KEPT, repository="repository"),
                "operation": to(Uid.OPERATIONS, _KEPT, repository="repository", operation="operation"),
            },
            width=HALF,
        ),
    ),
)

_PHASES = Row(
    "Where does the time go?",
    (
        series(
            201,
            "Which phase takes the time?",
            "Time that runs of alignment code spent in each phase, by interval.",
            Query(
                f"{grown('phase', f'{_PHASE}_sum', OPERATION, '$__rate_interval')} > 0",
                "{{phase}}",
            ),
            unit="s",
            stacked=True,
            bars=True,
            empty="No operation has reported phases.",
        ),
        table(
            202,
            "Is a phase slower than it may be?",
            "Median of each phase in the time shown, the strictest threshold, what the median takes of it, "
            "and how often the phase was gone through. The one that is a person's has no threshold.",
            {"operation": "operation", "phase": "phase"},
            Column("median", f"{_PHASE_MEDIAN_SHOWN} > 0", unit="s", width=90),
            Column(
                "threshold",
                f"0 * {grown('operation, phase', f'{_PHASE}_count', OPERATION)}"
                f" + on (phase) group_left () {lowest('phase', 'alignment_threshold', _PHASE_TIME)}",
                unit="s",
                width=100,
            ),
            Column(
                "of threshold",
                f"({_PHASE_MEDIAN_SHOWN} > 0)"
                f" / on (phase) group_left () {lowest('phase', 'alignment_threshold', _PHASE_TIME)}",
                unit="percentunit",
                gauge=True,
                width=140,
                decimals=0,
            ),
            Column(
                "times",
                f"round({grown('operation, phase', f'{_PHASE}_count', OPERATION)}) > 0",
                width=70,
            ),
            sort="of threshold",
            empty="No operation has reported phases.",
            width=HALF,
        ),
        series(
            203,
            "Do phases keep to their thresholds?",
            "Median of the last hour as a share of the phase's threshold, of the ten that are nearest.",
            Query(
                worst(
                    f"max by (repository, operation, phase) ({_PHASE_MEDIAN}"
                    " / on (instance, repository, phase) group_left ()"
                    f" alignment_threshold{{{_PHASE_TIME}}})",
                    "repository, operation, phase",
                ),
                "{{phase}} in {{repository}}",
            ),
            line(1, f"alignment_threshold{{{_PHASE_TIME}}}"),
            unit="percentunit",
            empty="No operation has reported phases.",
            width=WHOLE,
            height=7,
        ),
    ),
)

_OUTCOMES = Row(
    "What fails?",
    (
        table(
            301,
            "What fails where?",
            "Operations of the time shown by repository, kind and target: how many, how many of them met a "
            "conflict, failed, or were not confirmed by git.",
            {"repository": "repository", "operation": "operation", "target": "target"},
            Column("operations", f"round({_number('', by=_WHERE)}) > 0", width=100),
            Column(
                "conflict",
                f"round({_number(_CONFLICT, by=_WHERE)}) > 0",
                width=80,
            ),
            Column(
                "failed",
                f"round({_number(f',{BAD}', by=_WHERE)}) > 0",
                width=70,
                colored=SEVERE,
            ),
            Column(
                "not confirmed",
                f"round({grown(_WHERE, _UNVERIFIED, OPERATION_TARGET)}) > 0",
                width=110,
                colored=SEVERE,
            ),
            shown=_number("", by=_WHERE),
            most=40,
            sort="failed",
            empty="No operations were recorded.",
            links={
                "repository": to(Uid.OPERATIONS, _KEPT, repository="repository"),
                "operation": to(Uid.OPERATIONS, _KEPT, operation="operation"),
                "target": to(Uid.OPERATIONS, _KEPT, target="target"),
            },
            width=HALF,
        ),
        series(
            302,
            "How large a share failed lately?",
            "Share of the last hour's judged operations that failed, of the ten repositories where it is "
            "highest, and the threshold. An alert wants at least five.",
            Query(
                leading(
                    "repository",
                    "repository:alignment_operation_failures_per_operation:ratio_increase1h",
                    REPOSITORY,
                ),
                "{{repository}}",
            ),
            limit("alignment_failure_ratio"),
            unit="percentunit",
            maximum=1,
            empty="No operations were recorded.",
        ),
        series(
            303,
            "Which successes did git not confirm?",
            "Successes that were claimed and that git does not confirm, by reason, and those of which it "
            "can tell neither way.",
            Query(
                f"{grown('reason', _UNVERIFIED, OPERATION_TARGET, '$__rate_interval')} > 0",
                "{{reason}}",
            ),
            Query(
                "sum(increase(alignment_operations_unverifiable_total"
                f"{{{OPERATION_TARGET}}}[$__rate_interval])) > 0",
                "cannot be told",
            ),
            stacked=True,
            bars=True,
            empty="No such success is known.",
        ),
        table(
            304,
            "What was begun and has not ended?",
            "Operations at work, since when the oldest is, when one last succeeded, and git commands at "
            "work in the repository.",
            {"repository": "repository", "operation": "operation"},
            Column("at work", total(_KEY, "alignment_operations_in_flight", OPERATION), width=80),
            moment(
                "oldest began",
                lowest(_KEY, "alignment_operation_oldest_in_flight_start_timestamp_seconds", OPERATION),
                width=130,
            ),
            Column(
                "in a work tree",
                f"sum by ({_KEY}) (alignment_repository_operations_in_progress{{{OPERATION}}}) > 0",
                width=110,
            ),
            Column("processes", f"sum by ({_KEY}) (alignment_processes{{{OPERATION}}}) > 0", width=90),
            moment(
                "last success",
                highest(_KEY, "alignment_operation_last_success_timestamp_seconds", OPERATION),
                width=130,
            ),
            shown=_AT_WORK,
            sort="at work",
            empty="None is known.",
            links={"repository": to(Uid.OPERATIONS, _KEPT, repository="repository")},
            width=HALF,
        ),
    ),
)

_TREND = Row(
    "Trend",
    (
        table(
            401,
            "Do operations get slower week by week?",
            "Growth of the usual duration a week over six weeks, how often chance would look so or worse, "
            "and of how many operations that is known. An alert wants more than 3 %, chance below 1 %, and "
            "20 operations.",
            {"repository": "repository", "operation": "operation"},
            Column(
                "a week",
                _TREND_RATIO,
                unit="percentunit",
                width=100,
                decimals=1,
            ),
            Column(
                "by chance",
                highest(_KEY, "alignment_operation_trend_p_value", OPERATION),
                unit="percentunit",
                width=100,
                decimals=1,
                colored=((None, colors.WARNING), (0.01, colors.DULL)),
            ),
            Column("operations", highest(_KEY, "alignment_operation_trend_samples", OPERATION), width=100),
            shown=_TREND_RATIO,
            sort="a week",
            empty="There are too few days with operations.",
            links={"repository": to(Uid.OPERATIONS, _KEPT, repository="repository")},
            width=HALF,
        ),
        series(
            402,
            "How long did one take, day by day?",
            "Mean duration over a day by kind of operation, of all that took work.",
            Query(
                f"{grown('operation', _SUM, f'{OPERATION_TARGET},{WORKED}', '1d')}"
                f" / ({grown('operation', _COUNT, f'{OPERATION_TARGET},{WORKED}', '1d')} > 0)",
                "{{operation}}",
            ),
            unit="s",
            empty="No operations were recorded.",
        ),
    ),
)

_RESOURCES = Row(
    "What do they use?",
    (
        series(
            501,
            "Do they compute or wait?",
            "Processors that an operation keeps busy while it runs, of the ten that keep the most; what is "
            "far below 1 waits for disks or the network.",
            Query(
                worst(
                    f"{grown(_KEY, 'alignment_operation_cpu_seconds_total', OPERATION, '1h')}"
                    f" / ({grown(_KEY, 'alignment_operation_measured_seconds_total', OPERATION, '1h')} > 0)",
                    _KEY,
                ),
                "{{operation}} in {{repository}}",
            ),
            empty="No operation was measured.",
            width=THIRD,
        ),
        series(
            502,
            "How much memory does one need?",
            "Largest resident memory of the operations of the last hour, of the ten largest.",
            Query(
                worst(_MEMORY, _KEY),
                "{{operation}} in {{repository}}",
            ),
            unit="bytes",
            empty="No operation was measured.",
            width=THIRD,
        ),
        table(
            503,
            "What does one operation cost?",
            "Processor time, block reads and writes, and time spent waiting for a person, for one operation "
            "on the average of the time shown.",
            {"repository": "repository", "operation": "operation"},
            Column(
                "processor",
                _per_operation("alignment_operation_cpu_seconds_total"),
                unit="s",
                width=105,
            ),
            Column(
                "reads, writes",
                _per_operation("alignment_operation_io_operations_total"),
                width=110,
                decimals=0,
            ),
            Column("waited", _per_operation("alignment_operation_waiting_seconds_total"), unit="s", width=80),
            shown=_per_operation("alignment_operation_cpu_seconds_total"),
            sort="processor",
            empty="No operation was measured.",
            links={"repository": to(Uid.OPERATIONS, _KEPT, repository="repository")},
            width=THIRD,
        ),
    ),
)

OPERATIONS = Dashboard(
    Uid.OPERATIONS,
    "Alignwatch / Operations",
    "Whether alignments succeed, how long they take, where the time goes, and what they use.",
    ("instance", "repository", "operation", "target"),
    (_SUCCESS, _DURATION, _PHASES, _OUTCOMES, _TREND, _RESOURCES),
)
