from pathlib import Path

import yaml
from msgspec import structs

from alignwatch.settings import Audit
from alignwatch.stack import members
from alignwatch.stack.members import Member
from alignwatch.stack.servers import Found
from support.notifications import fully_reachable_settings


def test_the_audit_of_the_stack_is_where_its_exporter_listens(tmp_path: Path) -> None:
    settings = fully_reachable_settings(tmp_path, exporter="http://elsewhere.invalid:1")
    watched = Member("exporter", "exporter", 12345, [])
    found = Found(Path("/usr/bin/prometheus-alertmanager"), "0.25.0")
    member, warnings = members.alertmanager(found, tmp_path, settings, watched)
    assert not warnings
    written = yaml.safe_load((tmp_path / "alertmanager.yml").read_text())
    (people,) = (one for one in written["receivers"] if one["name"] == "people")
    assert people["webhook_configs"][0]["url"] == "http://127.0.0.1:12345/api/v1/audit"
    assert f"--config.file={tmp_path / 'alertmanager.yml'}" in member.command
    without = structs.replace(settings, alerts=structs.replace(settings.alerts, audit=Audit()))
    members.alertmanager(found, tmp_path, without, watched)
    assert "/api/v1/audit" not in (tmp_path / "alertmanager.yml").read_text()
