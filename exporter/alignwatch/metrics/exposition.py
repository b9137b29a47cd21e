"""From metric families to the bytes of the page, in each form a client may ask for."""

import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import generate_latest
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample
from prometheus_client.utils import floatToGoString

from alignwatch.metrics.page import Page

_GZIP_LEVEL = 1  # Level 9 takes ten times as long for a tenth less.
_EOF = b"# EOF\n"
_ESCAPED = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})

_number: Callable[[float], str] = floatToGoString


class _One(Collector):
    """A registry of one family, which is what the library renders."""

    def __init__(self, family: Family) -> None:
        self._family = family

    def collect(self) -> Iterator[Family]:
        yield self._family


@dataclass(slots=True)
class Exposition:
    """Renders pages; a family that did not change is not rendered again."""

    _rendered: dict[str, tuple[Family, bytes, bytes]] = field(default_factory=dict)

    def render(self, families: Iterable[Family], now: float) -> Page:
        """Makes the page of these families.

        Args:
            families: each with a name of its own, in the order of the page.
            now: when the page is made, in seconds since the epoch.
        """
        fresh = {family.name: self._render(family) for family in families}
        self._rendered = fresh
        plain = b"".join(text for _, text, _ in fresh.values())
        openmetrics = b"".join(text for _, _, text in fresh.values()) + _EOF
        return Page(
            made=now,
            plain_gzip=gzip.compress(plain, _GZIP_LEVEL, mtime=0),
            openmetrics_gzip=gzip.compress(openmetrics, _GZIP_LEVEL, mtime=0),
        )

    def _render(self, family: Family) -> tuple[Family, bytes, bytes]:
        known = self._rendered.get(family.name)
        if known is not None and known[0] == family:
            return known
        # The library's own way with samples takes several times as long, and they are thousands.
        header = _One(Family(family.name, family.documentation, family.type))
        openmetrics: Callable[[Collector], bytes] = generate_openmetrics
        lines = [(_line(sample), _exemplar(sample)) for sample in family.samples]
        plain = "".join([f"{line}\n" for line, _ in lines])
        exemplified = "".join([f"{line}{exemplar}\n" for line, exemplar in lines])
        return (
            family,
            generate_latest(header) + plain.encode(),
            openmetrics(header).removesuffix(_EOF) + exemplified.encode(),
        )


def _line(sample: Sample) -> str:
    return f"{sample.name}{_labels(sample.labels)} {_number(sample.value)}"


def _exemplar(sample: Sample) -> str:
    """What only OpenMetrics adds to a line."""
    if (exemplar := sample.exemplar) is None:
        return ""
    return f" # {_labels(exemplar.labels)} {_number(exemplar.value)} {exemplar.timestamp}"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join([f'{name}="{value.translate(_ESCAPED)}"' for name, value in labels.items()]) + "}"
