"""Whether a Prometheus has scraped what it is there for."""

from msgspec import Struct, field

from alignwatch.errors import AlignwatchError
from alignwatch.servers.http import Client
from alignwatch.settings import Server

_JOB = "alignwatch"
"""Its name in the scrape configuration and in the rules."""

_REQUEST_SECONDS = 2.0


class _Target(Struct):
    pool: str = field(name="scrapePool")
    health: str
    error: str = field(name="lastError")


class _Targets(Struct):
    targets: list[_Target] = field(name="activeTargets")


class _Answer(Struct):
    data: _Targets


def obstacle(prometheus: str) -> str | None:
    """Why the exporter has not been scraped yet; None when it has.

    The list of targets is this run's own knowledge, where a query would also find what the last run left.

    Args:
        prometheus: base address.
    """
    client = Client("Prometheus", "report.prometheus", prometheus, Server(), _REQUEST_SECONDS)
    try:
        with client:
            answer = client.get("/api/v1/targets", {"state": "active"}, _Answer)
    except AlignwatchError as error:
        return str(error)
    targets = [target for target in answer.data.targets if target.pool == _JOB]
    if not targets:
        return f"Prometheus at {prometheus} has no target in its job {_JOB!r} yet"
    for target in targets:
        if target.health != "up":
            return f"Prometheus at {prometheus} has not scraped the exporter: {target.error or 'not yet'}"
    return None
