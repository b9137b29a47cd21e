import os
import subprocess
from pathlib import Path

import pytest
import yaml

from alignwatch.assets import asset
from alignwatch.cli import main
from alignwatch.errors import ExitCode
from support.servers import program


@pytest.fixture
def config(repository: Path, tmp_path: Path) -> Path:
    webhook = tmp_path / "webhook"
    webhook.write_text("https://slack.example.invalid/services/x")
    webhook.chmod(0o600)
    file = tmp_path / "alignwatch.yaml"
    file.write_text(
        f"""
        repositories: [{{path: {repository}}}]
        web: {{listen_addresses: ["0.0.0.0:9848"]}}
        alerts:
          channels: [slack]
          slack: {{api_url_file: {webhook}}}
        """
    )
    return file


def render(config: Path, output: Path, *options: str) -> int:
    return main(["render", "--config", str(config), "--output", str(output), *options])


def scraped(output: Path, job: str) -> str:
    jobs = yaml.safe_load((output / "prometheus.yml").read_text())["scrape_configs"]
    (targets,) = (one["static_configs"][0]["targets"] for one in jobs if one["job_name"] == job)
    return str(targets[0])


def checked(tool: str, *arguments: str) -> str:
    done = subprocess.run([program(tool), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_folder_can_be_moved_and_used_as_it_stands(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert render(config, tmp_path / "deep" / "made") == ExitCode.OK
    warnings = capsys.readouterr().err.splitlines()
    assert [line for line in warnings if "only root can read" not in line] == []
    moved = (tmp_path / "deep").rename(tmp_path / "moved") / "made"
    said = checked("promtool", "check", "config", str(moved / "prometheus.yml"))
    assert f"{len(list(asset('rules').glob('*.yml')))} rule files found" in said
    assert "1 templates" in checked("amtool", "check-config", str(moved / "alertmanager.yml"))
    assert (moved / "rules" / "VERSION").read_bytes() == asset("rules", "VERSION").read_bytes()
    assert (moved / "templates" / "email.tmpl").exists()


def test_addresses_by_default_and_as_given(config: Path, tmp_path: Path) -> None:
    output = tmp_path / "made"
    render(config, output)
    assert scraped(output, "alignwatch") == "127.0.0.1:9848"
    assert scraped(output, "prometheus") == "127.0.0.1:9090"
    assert scraped(output, "alertmanager") == "127.0.0.1:9093"
    render(
        config,
        output,
        "--exporter=[::1]:1",
        "--prometheus=p:2",
        "--alertmanager=a.example:3",
        "--scrape-interval=60",
    )
    assert scraped(output, "alignwatch") == "[::1]:1"
    assert scraped(output, "prometheus") == "p:2"
    assert scraped(output, "alertmanager") == "a.example:3"
    assert yaml.safe_load((output / "prometheus.yml").read_text())["global"]["scrape_interval"] == "60s"


def test_grafana_finds_data_source_and_dashboards(config: Path, tmp_path: Path) -> None:
    output = tmp_path / "it's $HOME: #1"
    render(config, output, "--prometheus=p.example:2")
    provisioning = output / "grafana" / "provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "alignwatch.yml").read_text())["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", "http://p.example:2")
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "alignwatch.yml").read_text())["providers"]
    # Grafana puts variables of the environment in, and $ for $$.
    folder = Path(provider["options"]["path"].replace("$$", "$"))
    assert folder == output / "grafana" / "dashboards"
    shipped = {file.name: file.read_bytes() for file in asset("grafana", "dashboards").glob("*.json")}
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == shipped


@pytest.mark.parametrize("wrong", ["--exporter=http://a:1/", "--prometheus=a", "--scrape-interval=0"])
def test_wrong_options(config: Path, tmp_path: Path, wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        render(config, tmp_path / "made", wrong)
    assert stopped.value.code == ExitCode.USAGE
    assert wrong.partition("=")[0] in capsys.readouterr().err


def test_a_refused_configuration_writes_nothing(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "webhook").chmod(0o644)
    assert render(config, tmp_path / "made") == ExitCode.USAGE
    assert "alerts.slack.api_url_file: " in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_what_is_not_sent_is_a_warning(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(config.read_text().replace("[slack]", "[email, slack]"))
    assert render(config, tmp_path / "made") == ExitCode.OK
    assert capsys.readouterr().err.startswith("warning: alerts.channels names email")


@pytest.mark.parametrize(
    ("owner", "group", "mode", "warned"),
    [
        (0, 0, 0o600, True),
        (0, 0, 0o640, True),
        (0, 117, 0o600, True),
        (0, 117, 0o640, False),
        (117, 0, 0o600, False),
    ],
)
def test_a_secret_that_only_root_reads_is_a_warning(
    config: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    owner: int,
    group: int,
    mode: int,
    warned: bool,
) -> None:
    usual = Path.stat

    def stat(self: Path, **options: bool) -> os.stat_result:
        found = usual(self, **options)
        if self.name != "webhook":
            return found
        return os.stat_result((0o100000 | mode, *found[1:4], owner, group, *found[6:]))

    monkeypatch.setattr(Path, "stat", stat)
    assert render(config, tmp_path / "made") == ExitCode.OK
    assert ("only root can read" in capsys.readouterr().err) is warned


def test_an_output_that_cannot_be_written(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert render(config, tmp_path / "file") == ExitCode.FAULT
    assert "choose another --output" in capsys.readouterr().err
