"""The section ``web``: how the exporter is reached."""

import re
from typing import Annotated

from msgspec import Meta

from alignwatch.settings.values import Address, File, OneOrMore, Section

UrlPath = Annotated[
    str,
    Meta(
        pattern=r"^/[A-Za-z0-9/_.-]+$",
        description="a path that begins with / and holds only letters, digits and / _ . -",
        examples=["/metrics"],
    ),
]


class Web(Section, frozen=True):
    """How the exporter is reached."""

    listen_addresses: OneOrMore[Address] = ("127.0.0.1:9847",)
    """Where the exporter listens; port 0 for any that is free."""
    telemetry_path: UrlPath = "/metrics"
    """Where Prometheus scrapes."""
    config_file: File | None = None
    """TLS and users, in exporter-toolkit's format."""
    max_requests: Annotated[int, Meta(ge=1, le=10_000)] = 40
    """Requests in work at once. Beyond that a new one gets 503 while passwords are checked, and the answer
    that its reader has left waiting longest is dropped."""

    @property
    def reachable(self) -> str:
        """Its first listen address as seen from its own machine: host:port."""
        return re.sub(r"^(0\.0\.0\.0|\[::\]|)(?=:)", "127.0.0.1", self.listen_addresses[0])
