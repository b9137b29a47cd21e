"""The sections ``report`` and ``links``: where other servers are, for us and for people's browsers."""

from typing import Annotated

from msgspec import Meta, field

from alignwatch.settings.values import File, Seconds, Section, Text, Url

HeaderName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9-]+$",
        description="a header's name: letters, digits and -",
        examples=["X-Scope-OrgID"],
    ),
]


class Server(Section, frozen=True):
    """How a server's HTTP API is reached. Secrets are files, never values."""

    url: Url | None = None
    """Base address, path included; default: the local stack's, if one runs."""
    bearer_token_file: File | None = None
    """A file that holds the token to send."""
    username: Text | None = None
    """The user for basic authentication."""
    password_file: File | None = None
    """A file that holds the user's password."""
    headers: dict[HeaderName, Text] = field(default_factory=dict)
    """Sent with each request, such as a tenant's id."""
    ca_file: File | None = None
    """Certificates of the authorities to trust; default: the system's."""


class Report(Section, frozen=True):
    """Where the report's figures come from."""

    prometheus: Server = Server()
    """Anything that speaks Prometheus' query API."""
    alertmanager: Server = Server()
    """Where alerts are read, and where those that are sent from here go."""
    exporter: Server = Server()
    """The exporter with ``alerts.audit``, which knows what was sent."""
    timeout_seconds: Seconds = 10
    """One request may take so long."""


class Links(Section, frozen=True):
    """Where people find more, as their browsers reach it: the exporter's page and messages link to it."""

    prometheus: Url | None = None
    """Its base address; default: that of ``report.prometheus``, else the local stack's, if one runs."""
    alertmanager: Url | None = None
    """Likewise."""
    grafana: Url | None = None
    """The address of Grafana, or of a dashboard there; messages of alerts then lead to panels there."""
