"""The exporter's API, as far as it tells what Alertmanager has sent."""

from http import HTTPStatus

from msgspec import Struct

from alignwatch.servers.http import Client, RefusalError
from alignwatch.web.answer import DELIVERIES_PATH


class Delivery(Struct):
    """What one receiver has said of one alert; times are seconds since the epoch."""

    receiver: str
    status: str
    """``firing`` or ``resolved``."""
    labels: dict[str, str]
    starts_at: float
    first_sent: float
    last_sent: float


class Deliveries(Struct):
    """Those that are told, the newest first."""

    complete: bool
    """Whether these are all."""
    deliveries: list[Delivery]


class Exporter:
    """Asks one exporter."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def deliveries(self, since: float) -> Deliveries:
        """What Alertmanager has sent since a moment (seconds since the epoch).

        Raises:
            AlignwatchError: the exporter does not answer, or records nothing.
        """
        try:
            return self._client.get(DELIVERIES_PATH, {"since": f"{max(since, 0):.3f}"}, Deliveries)
        except RefusalError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            raise self._client.failure("records nothing; set alerts.audit up there") from None
