"""``alignwatch render``: a folder that Prometheus and Alertmanager can start from."""

import argparse
import re
import stat
import sys
from pathlib import Path

from alignwatch.assets import asset
from alignwatch.cli import new_parser
from alignwatch.cli.common import add_config, settings_for
from alignwatch.errors import AlignwatchError, ExitCode
from alignwatch.files import write_atomically
from alignwatch.rendering import render_alertmanager, render_prometheus, render_provisioning
from alignwatch.text import printable

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\s/]+):[0-9]{1,5}")


def parser(name: str) -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        name,
        "write prometheus.yml and alertmanager.yml for a configuration, rules, templates and Grafana's "
        "dashboards beside them",
        f"{name} --config /etc/alignwatch.yaml --output /etc/alignwatch/servers",
    )
    add_config(made)
    made.add_argument("--output", type=Path, metavar="DIR", required=True, help="folder to write into")
    made.add_argument(
        "--exporter",
        type=_address,
        metavar="HOST:PORT",
        help="where both servers find the exporter (default: the configuration's first listen address)",
    )
    for server, port in (("prometheus", 9090), ("alertmanager", 9093)):
        made.add_argument(
            f"--{server}",
            type=_address,
            metavar="HOST:PORT",
            default=f"127.0.0.1:{port}",
            help=f"where Prometheus finds {server.capitalize()} (default: %(default)s)",
        )
    made.add_argument(
        "--scrape-interval",
        type=int,
        choices=range(1, 61),
        metavar="SECONDS",
        default=15,
        help="1 to 60 (default: %(default)s)",
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    """Writes everything, or nothing if the configuration is refused."""
    settings = settings_for(arguments)
    exporter = arguments.exporter or settings.web.reachable
    alertmanager = render_alertmanager(
        settings, templates=Path("templates"), base=asset("alertmanager"), exporter=exporter
    )
    prometheus = render_prometheus(
        settings,
        exporter=exporter,
        alertmanager=arguments.alertmanager,
        prometheus=arguments.prometheus,
        rules=Path("rules"),
        scrape_interval_seconds=arguments.scrape_interval,
    )
    output: Path = arguments.output
    provisioning = render_provisioning(
        prometheus=arguments.prometheus, dashboards=output.absolute() / "grafana" / "dashboards"
    )
    try:
        _copy(asset("rules"), output / "rules")
        _copy(asset("alertmanager", "templates"), output / "templates")
        _copy(asset("grafana", "dashboards"), output / "grafana" / "dashboards")
        for name, text in provisioning.items():
            _write(output / "grafana" / "provisioning" / name, text)
        write_atomically(output / "prometheus.yml", prometheus.encode())
        write_atomically(output / "alertmanager.yml", alertmanager.text.encode())
    except OSError as error:
        raise AlignwatchError(
            f"cannot write to {printable(str(output))}: {error.strerror}; choose another --output"
        ) from error
    unreadable = filter(_is_for_root_only, map(Path, alertmanager.secret_files))
    hints = (
        f"only root can read {printable(str(file))}; unless Alertmanager runs as root, let its user read it, "
        "as with chgrp and chmod g+r"
        for file in unreadable
    )
    for warning in (*alertmanager.warnings, *hints):
        print(f"warning: {warning}", file=sys.stderr)
    return ExitCode.OK


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an address as host:port")
    return text


def _is_for_root_only(file: Path) -> bool:
    """Which user Alertmanager runs as is not known here."""
    status = file.stat()
    return status.st_uid == 0 and not (status.st_mode & stat.S_IRGRP and status.st_gid)


def _copy(source: Path, target: Path) -> None:
    for file in source.iterdir():
        _write(target / file.name, file.read_text())


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, text.encode())
