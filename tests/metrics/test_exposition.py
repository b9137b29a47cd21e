import gzip
from collections.abc import Callable, Iterable, Iterator

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.core import Exemplar
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_plain
from prometheus_client.registry import Collector

from alignwatch.metrics import catalogue
from alignwatch.metrics.exposition import render
from alignwatch.metrics.samples import Samples


def families(value: float, branch: str = "b") -> list[Family]:
    samples = Samples()
    samples.add(catalogue.HOST_CPU_SECONDS, value, "user")
    samples.add(catalogue.BRANCH_DELTA, 3, "app", branch, "main", "ahead")
    return samples.families()


def test_each_form_holds_the_same() -> None:
    page = render(families(1.5), 42.0)
    assert page.made == 42.0
    assert gzip.decompress(page.plain_gzip) == page.plain
    assert gzip.decompress(page.openmetrics_gzip) == page.openmetrics
    plain = [sample for family in parse_plain(page.plain.decode()) for sample in family.samples]
    parse: Callable[[str], Iterable[Family]] = parse_openmetrics
    openmetrics = [sample for family in parse(page.openmetrics.decode()) for sample in family.samples]
    assert plain == openmetrics
    assert page.openmetrics.endswith(b"# EOF\n")
    assert page.openmetrics.count(b"# EOF") == 1


def test_hostile_labels_stay_labels() -> None:
    hostile = 'a"} 1\nx{y="\\'
    page = render(families(1.0, hostile), 1.0)
    (_, family) = parse_plain(page.plain.decode())
    assert family.samples[0].labels["branch"] == hostile


class One(Collector):
    def __init__(self, family: Family) -> None:
        self._family = family

    def collect(self) -> Iterator[Family]:
        yield self._family


@given(st.text(st.characters(codec="utf-8")), st.floats() | st.integers(-(10**9), 10**9))
def test_samples_are_written_as_the_library_writes_them(text: str, value: float) -> None:
    family = Family("alignment_x", "What\n\\ it is.", "histogram")
    exemplar = Exemplar({"operation_id": text}, value, 1.5)
    family.add_sample("alignment_x_bucket", {"le": "+Inf", "z": text}, value, exemplar=exemplar)
    family.add_sample("alignment_x_sum", {}, value)
    page = render([family], 0)
    generate: Callable[[Collector], bytes] = generate_openmetrics
    assert (page.plain, page.openmetrics) == (generate_latest(One(family)), generate(One(family)))
