"""One colour for each thing, on every dashboard; all are told apart on dark and on light ground."""

GOOD, WARNING, BAD, CALM, DULL = "green", "orange", "red", "blue", "#8e8e8e"
MARK = "rgba(242, 73, 92, 0.5)"
"""A mark on a chart, through which the chart is seen."""

SEVERITIES = {"critical": BAD, "warning": WARNING, "info": CALM}
BRANCH_STATES = {
    "merged": "#8e8e8e",
    "aligned": "green",
    "clean": "blue",
    "behind": "yellow",
    "conflicting": "red",
    "orphan": "purple",
    "unknown": "dark-purple",
    "apart": "#7f93a5",
}
"""As on the exporter's page and in the report."""
OUTCOMES = {
    "success": "green",
    "not_needed": "#8e8e8e",
    "conflict": "orange",
    "failed": "red",
    "timeout": "dark-red",
    "rolled_back": "dark-orange",
    "aborted": "purple",
    "cancelled": "light-purple",
    "paused": "blue",
}
HOST_STATES = {"healthy": GOOD, "degraded": WARNING, "unhealthy": BAD}
REPOSITORY_STATES = {"optimal": GOOD, "degraded": WARNING, "corrupt": BAD, "unreachable": "dark-red"}
PROCESS_STATES = {"idle": DULL, "running": CALM, "stuck": WARNING}
