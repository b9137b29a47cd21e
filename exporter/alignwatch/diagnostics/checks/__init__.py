"""All checks: one module each, in the folder of its group, imported only when it is needed."""

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alignwatch.diagnostics.check import Check

GROUPS: Mapping[str, tuple[str, ...]] = {
    "environment": (
        "git-version",
        "python-version",
        "git-environment",
        "clock",
        "clock-synchronised",
        "time-zones",
        "disk-space",
        "inodes",
        "descriptors",
    ),
    "configuration": (
        "configuration-file",
        "thresholds",
        "branch-patterns",
        "state-folder",
        "secret-files",
    ),
    "repositories": (
        "repository-opens",
        "safe-directory",
        "primaries",
        "in-progress",
        "stale-locks",
        "maintenance-lock",
        "gc-log",
        "object-store",
        "autostash",
        "corruption",
        "connectivity",
        "remotes",
        "foreign-maintenance",
    ),
    "journal": (
        "journal-integrity",
        "journal-writable",
        "journal-file-system",
        "journal-owners",
        "outbox",
        "sqlite-version",
    ),
    "schedule": (
        "schedule-due",
        "runner-alive",
        "missed-runs",
        "failed-runs",
    ),
    "backups": (
        "backup-age",
        "backup-restore",
    ),
    "monitoring": (
        "metrics-page",
        "metrics-cardinality",
        "prometheus-target",
        "prometheus-rules",
        "alertmanager-routes",
        "alert-arrives",
        "dashboards",
        "trace-target",
    ),
    "security": (
        "remote-credentials",
        "git-credentials",
        "environment-credentials",
        "configuration-credentials",
        "permissions",
        "exposure",
    ),
}
"""Group -> the ids of its checks, in the order in which they are shown."""

IDS = tuple(id_ for ids in GROUPS.values() for id_ in ids)
"""All there are; the bounded values of the label ``id``."""


def group_of(id_: str) -> str:
    """The group of a check."""
    return next(group for group, ids in GROUPS.items() if id_ in ids)


def load(id_: str) -> "Check":
    """The check of an id out of :data:`IDS`."""
    module = f"{__name__}.{group_of(id_)}.{id_.replace('-', '_')}"
    check: Check = importlib.import_module(module).CHECK
    return check
