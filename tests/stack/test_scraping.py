from pathlib import Path

from alignwatch.stack.scraping import obstacle
from support.servers import free_port, prometheus
from support.waiting import wait_until

CONFIGURATION = """\
global: {{scrape_interval: 1s}}
scrape_configs: [{{job_name: {job}, static_configs: [{{targets: ["{target}"]}}]}}]
"""


def configuration(target: str, job: str = "alignwatch") -> str:
    return CONFIGURATION.format(job=job, target=target)


def test_no_obstacle_once_the_exporter_has_been_scraped(tmp_path: Path) -> None:
    with prometheus(tmp_path / "scraped") as scraped:
        target = scraped.url.removeprefix("http://")
        with prometheus(tmp_path / "scrapes", configuration(target)) as server:
            wait_until(lambda: obstacle(server.url) is None, "the first scrape")


def test_says_why_the_exporter_cannot_be_scraped(tmp_path: Path) -> None:
    with prometheus(tmp_path, configuration(f"127.0.0.1:{free_port()}")) as server:
        wait_until(lambda: "connection refused" in str(obstacle(server.url)), "the reason")


def test_another_job_is_not_the_exporter(tmp_path: Path) -> None:
    with prometheus(tmp_path, configuration("127.0.0.1:1", job="other")) as server:
        wait_until(lambda: "no target in its job 'alignwatch'" in str(obstacle(server.url)), "the answer")


def test_a_server_that_is_not_there_is_an_obstacle() -> None:
    assert "cannot be reached" in str(obstacle(f"http://127.0.0.1:{free_port()}"))
