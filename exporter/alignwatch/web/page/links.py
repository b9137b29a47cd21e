"""Where is more? Of alerts, and of everything."""

from alignwatch.web.page.html import Child, Html, element
from alignwatch.web.page.lately import sent
from alignwatch.web.page.parts import Part, moment, paragraph
from alignwatch.web.page.view import View

_API = {
    "/api/v1/status": "the status",
    "/api/v1/branches": "every branch's target, state and drift",
    "/api/v1/collisions": "the active branches that would conflict with each other",
    "/api/v1/events": "what happened to primaries and what work was lost",
}


def servers(view: View) -> dict[str, str]:
    """Title -> base address, of those servers whose address is known."""
    links, report, stack = view.settings.links, view.settings.report, view.stack
    known = {
        "Prometheus": links.prometheus or report.prometheus.url or (stack and stack.prometheus),
        "Alertmanager": links.alertmanager or report.alertmanager.url or (stack and stack.alertmanager),
        "Grafana": links.grafana,
    }
    return {title: url for title, url in known.items() if url}


def alerts(view: View) -> Part:
    """What is known of alerts here, and where all of them are."""
    known = servers(view)
    pages = {"Alertmanager": "#/alerts", "Prometheus": "alerts"}
    links = [
        element("li", element("a", f"Alerts in {title}", href=f"{known[title].rstrip('/')}/{page}"))
        for title, page in pages.items()
        if title in known
    ]
    where = (
        element("ul", links) if links else paragraph("Prometheus and Alertmanager know which alerts fire.")
    )
    return Part("Alerts", [where, _waiting(view), sent(view)])


def _waiting(view: View) -> Html | None:
    """The alerts that Alertmanager has not taken yet."""
    if view.journal is None or not view.journal.outbox.waiting:
        return None
    number, since = view.journal.outbox.waiting, view.journal.outbox.oldest
    return paragraph(
        f"{number} wait until Alertmanager takes them, the first since ", moment(since, view.taken)
    )


def further(view: View) -> Part:
    """Everything else."""
    links: dict[str, Child] = {
        **{url: title for title, url in servers(view).items()},
        view.settings.web.telemetry_path: "metrics, for Prometheus",
        **{path: f"{what}, as JSON" for path, what in _API.items()},
        "/-/healthy": "does the exporter run?",
        "/-/ready": "is what it shows complete and fresh?",
    }
    listed = [element("li", element("a", url, href=url), ": ", what) for url, what in links.items()]
    return Part("Further", element("ul", listed))
