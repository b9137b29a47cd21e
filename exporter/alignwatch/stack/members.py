"""The servers of one stack: where each listens, and what it is started with."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from alignwatch.assets import asset
from alignwatch.files import write_atomically
from alignwatch.rendering import render_alertmanager, render_prometheus
from alignwatch.settings import Settings
from alignwatch.stack.ports import LOOPBACK, free_port
from alignwatch.stack.servers import Found

EXPORTER_PORT, PROMETHEUS_PORT, ALERTMANAGER_PORT = 9847, 9090, 9093
"""The preferred ones."""

INSTANCE = "local"
"""The exporter's label: its port may differ from run to run, and its series shall go on all the same."""

RETENTION = "90d"
"""How long Prometheus keeps samples: a quarter's trends."""

RESEND_DELAY = "10s"
"""What fires before Prometheus has found Alertmanager, some 5 s after its start, is lost until it is sent
again: by default after a minute, when ``group_wait`` (30 s) has let out what it would have held back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a stack is to watch, and with what."""

    settings: Settings
    config: Path | None
    """The file that the settings come from, absolute, for the exporter to read too."""
    working_directory: Path
    """The exporter's; in the repository to watch when there is no configuration file."""
    scrape_interval_seconds: int

    @property
    def state_dir(self) -> Path:
        """Where journal, caches and the servers' data lie."""
        return self.settings.state_folder.absolute()


@dataclass(frozen=True, slots=True)
class Member:
    """One server of the stack."""

    key: str
    """The field of :class:`alignwatch.stack.addresses.Addresses` that holds its address."""
    name: str
    port: int
    command: Sequence[str]

    @property
    def authority(self) -> str:
        """Where it listens: host and port."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://{self.authority}"


def exporter(order: Order) -> Member:
    """The exporter, run by this very Python."""
    port = free_port(EXPORTER_PORT)
    # -P: started in a repository, Python would else import modules from there.
    command = [sys.executable, "-P", "-m", "alignwatch", "serve", f"--state-dir={order.state_dir}"]
    command += [f"--web.listen-address={LOOPBACK}:{port}"]
    command += [f"--config={order.config}"] if order.config else []
    return Member("exporter", "exporter", port, command)


def alertmanager(
    server: Found, folder: Path, settings: Settings, watched: Member
) -> tuple[Member, Sequence[str]]:
    """Alertmanager with its configuration written, and warnings about that.

    Args:
        server: the program.
        folder: for configuration and data.
        settings: who is told of what.
        watched: the exporter, which may be told what was sent.
    """
    port = free_port(ALERTMANAGER_PORT)
    # What the configuration says of the exporter's address is not true of the stack's.
    audit = structs.replace(settings.alerts.audit, url=None)
    settings = structs.replace(settings, alerts=structs.replace(settings.alerts, audit=audit))
    rendered = render_alertmanager(
        settings, templates=asset("alertmanager", "templates"), exporter=watched.authority
    )
    config = folder / "alertmanager.yml"
    write_atomically(config, rendered.text.encode())
    command = [
        str(server.path),
        f"--config.file={config}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address={LOOPBACK}:{port}",
        f"--web.external-url=http://{LOOPBACK}:{port}/",
        "--cluster.listen-address=",
    ]
    return Member("alertmanager", "Alertmanager", port, command), rendered.warnings


def prometheus(server: Found, folder: Path, order: Order, watched: Member, told: Member | None) -> Member:
    """Prometheus with its configuration written.

    Args:
        server: the program.
        folder: for configuration and data.
        order: what is watched, how often.
        watched: the exporter to scrape.
        told: the Alertmanager to send alerts to, if there is one.
    """
    port = free_port(PROMETHEUS_PORT)
    text = render_prometheus(
        order.settings,
        exporter=watched.authority,
        alertmanager=told.authority if told else None,
        prometheus=f"{LOOPBACK}:{port}",
        rules=asset("rules"),
        instance=INSTANCE,
        scrape_interval_seconds=order.scrape_interval_seconds,
    )
    config = folder / "prometheus.yml"
    write_atomically(config, text.encode())
    command = [
        str(server.path),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--storage.tsdb.retention.time={RETENTION}",
        f"--rules.alert.resend-delay={RESEND_DELAY}",
        f"--web.listen-address={LOOPBACK}:{port}",
        f"--web.external-url=http://{LOOPBACK}:{port}/",
    ]
    return Member("prometheus", "Prometheus", port, command)
