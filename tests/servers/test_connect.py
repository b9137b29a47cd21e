from pathlib import Path

import pytest
from msgspec import structs

from alignwatch.errors import UsageError
from alignwatch.servers.connect import alertmanager_client, exporter_client, prometheus_client
from alignwatch.servers.http import Client
from alignwatch.settings import Alerts, Audit, Report, Server, Settings, Web
from alignwatch.stack import addresses


def who(client: Client) -> str:
    """Whom a client asks, in its own words."""
    return str(client.failure(""))


def test_the_configuration_comes_first_then_the_local_stack_then_the_usual_address(tmp_path: Path) -> None:
    settings = Settings(state_dir=str(tmp_path))
    assert who(prometheus_client(settings)) == "Prometheus at http://127.0.0.1:9090 "
    assert who(alertmanager_client(settings)) == "Alertmanager at http://127.0.0.1:9093 "

    addresses.stack_dir(tmp_path).mkdir()
    addresses.write(tmp_path, addresses.Addresses("", "http://127.0.0.1:1", "http://127.0.0.1:2"))
    assert who(prometheus_client(settings)) == "Prometheus at http://127.0.0.1:1 "
    assert who(alertmanager_client(settings, 1)) == "Alertmanager at http://127.0.0.1:2 "

    report = Report(
        prometheus=Server(url="https://p.example.org/x"), alertmanager=Server(url="https://a.example.org")
    )
    settings = Settings(state_dir=str(tmp_path), report=report)
    assert who(prometheus_client(settings)) == "Prometheus at https://p.example.org/x "
    assert who(alertmanager_client(settings)) == "Alertmanager at https://a.example.org "


def test_the_exporter_is_asked_only_where_it_records_what_is_sent(tmp_path: Path) -> None:
    def asked(settings: Settings) -> str | None:
        client = exporter_client(structs.replace(settings, state_dir=str(tmp_path)))
        return None if client is None else who(client)

    assert asked(Settings()) is None
    recording = Settings(
        alerts=Alerts(audit=Audit(token_file="/x")), web=Web(listen_addresses=("0.0.0.0:9848",))
    )
    assert asked(recording) == "the exporter at http://127.0.0.1:9848 "
    elsewhere = Alerts(audit=Audit(token_file="/x", url="https://e.example.org"))
    assert asked(structs.replace(recording, alerts=elsewhere)) == "the exporter at https://e.example.org "
    named = Settings(report=Report(exporter=Server(url="https://e.example.org/x")))
    assert asked(named) == "the exporter at https://e.example.org/x "

    addresses.stack_dir(tmp_path).mkdir()
    addresses.write(tmp_path, addresses.Addresses("http://127.0.0.1:1", None, None))
    assert asked(Settings()) is None
    assert asked(recording) == "the exporter at http://127.0.0.1:1 "


def test_credentials_that_cannot_be_used_name_their_key(tmp_path: Path) -> None:
    report = Report(alertmanager=Server(bearer_token_file=str(tmp_path / "absent")))
    with pytest.raises(UsageError, match=r"^report.alertmanager.bearer_token_file: cannot read"):
        alertmanager_client(Settings(state_dir=str(tmp_path), report=report))
