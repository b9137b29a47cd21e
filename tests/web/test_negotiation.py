import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.web.negotiation import accepts_gzip, prefers_openmetrics

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "openmetrics"),
    [
        (PROMETHEUS_2, True),
        (PROMETHEUS_3, True),
        ("application/openmetrics-text", True),
        ("APPLICATION/OpenMetrics-Text ; Version=1.0.0", True),
        ('application/openmetrics-text;version="1.0.0"', True),
        ("application/*", True),
        ("text/plain;q=0.4, application/openmetrics-text;q=0.5", True),
        ("application/openmetrics-text;q=0.4, */*;q=0.3, text/plain;q=0", True),
        ("", False),
        ("*/*", False),
        (BROWSER, False),
        ("text/plain", False),
        ("text/plain, application/openmetrics-text", False),
        ("text/plain;q=0.5, application/openmetrics-text;q=0.4", False),
        ("application/openmetrics-text;q=0, */*", False),
        ("application/openmetrics-text;version=0.0.1", False),
        ("application/openmetrics-text;version=2.0.0", False),
        ("application/openmetrics-text;version=abc", False),
        ("application/openmetrics-text;version=", False),
        ("application/openmetrics-text;q=x", False),
        ("application/openmetrics-text;q=nan", False),
        ("application/openmetrics-text;q=inf", False),
        ("application/openmetrics-text;q=-1", False),
        ("application/openmetrics-text;q=2", False),
        ("application/openmetrics-text;q=", False),
        (";;;,,,=,q=;", False),
    ],
)
def test_openmetrics_only_when_the_client_ranks_it_higher(accept: str, openmetrics: bool) -> None:
    assert prefers_openmetrics(accept) is openmetrics


@pytest.mark.parametrize(
    ("accept_encoding", "gzip"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("deflate, gzip;q=0.5", True),
        ("*", True),
        ("gzip, identity;q=0.5", True),
        ("", False),
        ("identity", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip;q=x", False),
        ("gzip;q=0.3, identity", False),
    ],
)
def test_gzip_only_when_the_client_does_not_rank_it_lower(accept_encoding: str, gzip: bool) -> None:
    assert accepts_gzip(accept_encoding) is gzip


@given(st.text())
def test_no_header_makes_it_fail(header: str) -> None:
    assert prefers_openmetrics(header) in (True, False)
    assert accepts_gzip(header) in (True, False)


QUALITIES = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


@given(QUALITIES, QUALITIES, st.booleans())
def test_order_does_not_matter_quality_does(openmetrics: float, plain: float, swapped: bool) -> None:
    ranges = [f"application/openmetrics-text;q={openmetrics:.3f}", f"text/plain;q={plain:.3f}"]
    accept = ", ".join(reversed(ranges) if swapped else ranges)
    assert prefers_openmetrics(accept) is (openmetrics > plain)
