"""One colour for each thing, on every dashboard; all are told apart on dark and on light ground."""

GOOD, WARNING, BAD, CALM, DULL = "green", "orange", "red", "blue", "#8e8e8e"

SEVERITIES = {"critical": BAD, "warning": WARNING, "info": CALM}
BRANCH_STATES = {
    "merged": "#8e8e8e",
    "aligned": "green",
    "clean": "light-blue",
    "behind": "purple",
    "conflicting": "orange",
    "orphan": "red",
    "unknown": "dark-red",
    "apart": "#b0a080",
}
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
