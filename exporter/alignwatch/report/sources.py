"""Who is asked for a report."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from alignwatch.report.prometheus import Prometheus
from alignwatch.servers.alertmanager import Alertmanager
from alignwatch.servers.connect import alertmanager_client, exporter_client, prometheus_client
from alignwatch.servers.exporter import Exporter
from alignwatch.settings import Settings


@dataclass(frozen=True, slots=True)
class Sources:
    """Who is asked."""

    prometheus: Prometheus
    """Where all figures come from."""
    alertmanager: Alertmanager
    """Knows which alerts are suppressed; the report does without if it does not answer."""
    exporter: Exporter | None
    """The one that records what Alertmanager sends, if there is one; likewise."""
    warn: Callable[[str], None]
    """Is told what is missing."""


@contextmanager
def sources_for(settings: Settings, warn: Callable[[str], None]) -> Iterator[Sources]:
    """The servers that the settings lead to.

    Raises:
        UsageError: a credential or certificate cannot be used.
    """
    with (
        prometheus_client(settings) as prometheus,
        alertmanager_client(settings) as alertmanager,
        exporter_client(settings) or nullcontext() as recorder,
    ):
        exporter = Exporter(recorder) if recorder else None
        yield Sources(Prometheus(prometheus, warn), Alertmanager(alertmanager), exporter, warn)
