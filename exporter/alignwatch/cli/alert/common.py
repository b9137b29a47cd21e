"""What several actions share: which Alertmanager is asked."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from alignwatch.cli.common import add_config, add_server, settings_with_servers
from alignwatch.servers.alertmanager import Alertmanager
from alignwatch.servers.connect import DEFAULT_ALERTMANAGER, alertmanager_client


def add_alertmanager(parser: argparse.ArgumentParser) -> None:
    """Adds ``--config``, ``--state-dir`` and ``--alertmanager``."""
    add_config(parser, otherwise="the defaults")
    add_server(parser, "alertmanager", DEFAULT_ALERTMANAGER)


@contextmanager
def alertmanager_for(arguments: argparse.Namespace) -> Iterator[Alertmanager]:
    """The Alertmanager that the arguments ask for.

    Args:
        arguments: parsed, with those of :func:`add_alertmanager`.

    Raises:
        UsageError: the configuration or a credential cannot be used.
    """
    with alertmanager_client(settings_with_servers(arguments)) as client:
        yield Alertmanager(client)
