"""What the exporter does beside looking, in the process that a service manager starts."""

from pathlib import Path

from support.exporting import QUICK, exporter
from support.notifications import TOKEN, fully_reachable_settings, impatient_alertmanager_yml, secret
from support.servers import alertmanager, post_json
from support.waiting import wait_until

CRITICAL = {
    "labels": {"alertname": "AlignmentRepositoryCorrupt", "severity": "critical", "repository": "app"},
    "annotations": {"summary": "The repository app is damaged"},
}


def test_a_bundle_is_kept_of_the_moment_at_which_alertmanager_sends_a_critical_alert(
    repository: Path, tmp_path: Path
) -> None:
    config = tmp_path / "alignwatch.yaml"
    config.write_text(
        f"{QUICK}repositories: [{{path: {repository}, name: app}}]\n"
        f"alerts: {{audit: {{token_file: {secret(tmp_path, 'token', TOKEN)}}}}}\n"
        "diagnostics: {bundle_on_critical: true}\n"
    )
    with exporter(config) as running:
        sending = impatient_alertmanager_yml(fully_reachable_settings(tmp_path, exporter=running.url))
        with alertmanager(tmp_path / "alertmanager", sending) as told:
            post_json(f"{told.url}/api/v2/alerts", [CRITICAL])
            sent = {"status": "firing"}
            running.wait_for(lambda: running.sample("alignment_audit_notifications_total", **sent))
            bundles = tmp_path / "state" / "bundles"
            # Whoever makes it is nice.
            wait_until(lambda: list(bundles.glob("critical-*.tar.gz")), "the bundle", seconds=120)
