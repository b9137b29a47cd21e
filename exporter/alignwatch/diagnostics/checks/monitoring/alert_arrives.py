"""Whether a test alert arrives, by each channel. Only on request, since somebody gets a message.

One alert is sent through Alertmanager and each channel that is set up, the escalation's too, and to nobody
else. Its counters say how far it came: to the mail server, to Slack, or to the webhook. That it arrives in
somebody's inbox has to be seen there.
"""

from collections.abc import Iterator

from alignwatch.alerting.proof import Verdict, prove
from alignwatch.diagnostics.check import Check, Finding, critical, ok, skipped, warning
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.servers import alertmanager, alertmanager_client_of
from alignwatch.diagnostics.status import Status
from alignwatch.servers.alertmanager import Alertmanager
from alignwatch.settings import Alerts

_PATIENCE = 20.0


def _run(context: Context) -> Iterator[Finding]:
    _, finding = alertmanager(context)
    if finding is not None:
        yield finding
        return
    channels = list(_channels(context.settings.alerts))
    if not channels:
        yield skipped("no channel is set up")
        return
    with alertmanager_client_of(context) as client:
        for channel in channels:
            proof = prove(Alertmanager(client), channel, _PATIENCE)
            again = ("alignwatch", "alert", "test", "--channel", channel)
            seen, _, remedy = f"{channel}: {proof.reason}".partition("; ")
            if proof.verdict is Verdict.DELIVERED:
                yield ok(seen)
            elif proof.verdict is Verdict.NOT_DELIVERED:
                yield critical(seen, remedy or "see Alertmanager's log", again, key=f"alerts.{channel}")
            else:
                yield warning(seen, remedy or "try again", again, key=f"alerts.{channel}")


def _channels(alerts: Alerts) -> Iterator[str]:
    if alerts.enabled:
        yield from alerts.channels
        if alerts.escalation.to or alerts.escalation.slack.api_url_file:
            yield "escalation"


CHECK = Check(
    id="alert-arrives",
    summary="a test alert arrives by each channel",
    well="a test alert arrives",
    reaches=Status.CRITICAL,
    cheap=False,
    on_request=True,
    deadline_seconds=60.0,
    run=_run,
)
