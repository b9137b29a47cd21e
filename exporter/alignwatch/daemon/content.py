"""What the server hands out: whatever lies ready."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from alignwatch.branches import NO_BRANCHES
from alignwatch.collisions import NO_COLLISIONS
from alignwatch.daemon.findings import Findings
from alignwatch.daemon.publishing import STALE_SECONDS, Publishing
from alignwatch.events import NO_EVENTS
from alignwatch.settings import Settings
from alignwatch.web.page.view import View
from alignwatch.web.server import Content

if TYPE_CHECKING:
    from alignwatch.web.audit import Audit


def content(
    publishing: Publishing,
    findings: Findings,
    *,
    settings: Callable[[], Settings],
    audit: Callable[[], "Audit | None"],
) -> Content:
    """What answers requests; each call picks up what lies ready.

    Args:
        publishing: holds what was made.
        findings: say whether that may be relied on.
        settings: the present ones, for the page before anything was made.
        audit: the present one.
    """
    return Content(
        page=publishing.fresh_page,
        ready=lambda: why_not_ready(publishing, findings),
        status=lambda: publishing.newest.status_json if publishing.newest else b"null",
        branches=lambda: publishing.newest.branches if publishing.newest else NO_BRANCHES,
        collisions=lambda: publishing.newest.collisions if publishing.newest else NO_COLLISIONS,
        events=lambda: publishing.newest.events if publishing.newest else NO_EVENTS,
        view=lambda: publishing.newest.view if publishing.newest else View(settings()),
        audit=audit,
    )


def why_not_ready(publishing: Publishing, findings: Findings) -> str | None:
    """Why what is handed out may not be relied on; None when it may."""
    for missing in findings.to_come():
        return f"starting: {missing}"
    if publishing.fresh_page() is None:
        return f"no page was made within {STALE_SECONDS:g} s"
    return next(findings.late(), None)
