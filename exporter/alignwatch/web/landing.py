"""The page a person sees at ``/``: how it is, and where to look further.

Made when the other answers are made, never during a request. No script and nothing from elsewhere; the
one style sheet is allowed by its hash, so that no name that finds its way in can style or run anything.
"""

import base64
import hashlib
from collections.abc import Iterable
from html import escape

from alignwatch import __version__
from alignwatch.status import RepositoryStatus, Status

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: bold; padding: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 1rem 0.3rem 0; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
ul { margin: 0; padding-left: 1.2rem; }
th, td, li { overflow-wrap: anywhere; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def landing_page(status: Status | None, telemetry_path: str) -> bytes:
    """Makes the page.

    Args:
        status: what is known; None while nothing is.
        telemetry_path: where the metrics are.
    """
    sections = "\n".join([_health(status), _links(telemetry_path)])
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Alignwatch</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Alignwatch</h1>
<p>Version {escape(__version__)}. Watches the alignment of git branches with their primaries.</p>
<main>
{sections}
</main>
</body>
</html>
"""
    # A name that is not UTF-8 shows its bytes as escapes.
    return page.encode(errors="backslashreplace")


def _health(status: Status | None) -> str:
    if status is None:
        return "<p>Nothing has been looked at yet.</p>"
    rows = [
        _row("host", status.host.health, "", status.host.findings),
        *map(_repository, status.repositories),
    ]
    failing = [f"{one.probe} of {one.repository or 'the host'}: {one.error}" for one in status.failing_probes]
    return f"""<p>All in all: <strong>{escape(status.verdict)}</strong>, as of
<time datetime="{escape(status.time)}">{escape(status.time)}</time>.</p>
<table>
<caption>Health</caption>
<thead><tr><th scope="col">What</th><th scope="col">Health</th><th scope="col">Alignment processes</th>
<th scope="col">Findings</th></tr></thead>
<tbody>
{"".join(rows)}</tbody>
</table>
{_section("Probes that failed", failing)}"""


def _repository(one: RepositoryStatus) -> str:
    return _row(one.repository, one.health, one.processes, one.findings)


def _row(name: str, health: str, processes: str, findings: Iterable[str]) -> str:
    # <bdi> keeps a name written from right to left from turning its surroundings round.
    return (
        f'<tr><th scope="row"><bdi>{escape(name)}</bdi></th><td>{escape(health)}</td>'
        f"<td>{escape(processes)}</td><td>{_list(findings)}</td></tr>\n"
    )


def _section(title: str, items: list[str]) -> str:
    return f"<h2>{escape(title)}</h2>\n{_list(items)}" if items else ""


def _list(items: Iterable[str]) -> str:
    lines = "".join(f"<li><bdi>{escape(item)}</bdi></li>" for item in items)
    return f"<ul>{lines}</ul>" if lines else ""


def _links(telemetry_path: str) -> str:
    links = {
        telemetry_path: "metrics, for Prometheus",
        "/api/v1/status": "this status as JSON",
        "/api/v1/branches": "every branch's target, state and drift as JSON",
        "/api/v1/collisions": "the active branches that would conflict with each other as JSON",
        "/api/v1/events": "what happened to primaries and what work was lost as JSON",
        "/-/healthy": "does the exporter run?",
        "/-/ready": "is what it shows complete and fresh?",
    }
    items = "".join(
        f'<li><a href="{escape(path)}">{escape(path)}</a>: {escape(what)}</li>\n'
        for path, what in links.items()
    )
    return f"<h2>Further</h2>\n<ul>\n{items}</ul>"
