from dataclasses import replace

from alignwatch.settings import Links, Report, Server, Settings
from alignwatch.stack.addresses import Addresses
from support.pages import JOURNAL, VIEW, Reader, reading
from support.serving import CONTENT, running

STACK = Addresses("http://127.0.0.1:9847", "http://127.0.0.1:9090", "http://127.0.0.1:9093")


def linked(links: Links = Links(), report: Report = Report(), stack: Addresses | None = None) -> Reader:  # noqa: B008
    return reading(replace(VIEW, settings=Settings(links=links, report=report), stack=stack))


def test_without_addresses_nothing_leads_elsewhere() -> None:
    page = linked()
    assert not [link for link in page.links.values() if "://" in link]
    assert "Prometheus and Alertmanager know which alerts fire." in page.text


def test_the_servers_of_the_local_stack() -> None:
    links = linked(stack=STACK).links
    assert links["Prometheus"] == "http://127.0.0.1:9090"
    assert links["Alerts in Alertmanager"] == "http://127.0.0.1:9093/#/alerts"
    assert links["Alerts in Prometheus"] == "http://127.0.0.1:9090/alerts"
    assert "Grafana" not in links
    assert "Prometheus" not in linked(stack=Addresses("http://127.0.0.1:9847", None, None)).links


def test_what_is_configured_comes_before_what_the_report_uses_and_that_before_the_stack() -> None:
    report = Report(
        prometheus=Server(url="http://prometheus:9090"), alertmanager=Server(url="http://am:9093")
    )
    configured = Links(prometheus="https://example.org/prometheus/", grafana="https://example.org/grafana")
    links = linked(configured, report, STACK).links
    assert links["Prometheus"] == "https://example.org/prometheus/"
    assert links["Alerts in Prometheus"] == "https://example.org/prometheus/alerts"
    assert links["Alertmanager"] == "http://am:9093"
    assert links["Grafana"] == "https://example.org/grafana"


def test_alerts_that_wait_to_be_sent_are_told() -> None:
    assert "2 wait until Alertmanager takes them, the first since 10 min ago" in reading().text
    quiet = replace(VIEW, journal=JOURNAL._replace(outbox=JOURNAL.outbox._replace(waiting=0)))
    assert "wait until Alertmanager" not in reading(quiet).text


def test_every_link_of_its_own_leads_somewhere() -> None:
    with running(replace(CONTENT, view=lambda: VIEW)) as site:
        page = Reader(site.ask("/").body)
        places = {link for link in page.links.values() if link.startswith("/")}
        assert {"/metrics", "/api/v1/branches", "/-/ready"} <= places
        assert {site.ask(place.partition("#")[0]).status for place in places} == {200}
    anchors = {link[1:] for link in page.links.values() if link.startswith("#")}
    assert {"content", "status", "branches", "operations-lately"} <= anchors
    assert anchors <= {one.attributes.get("id") for one in page.elements}
