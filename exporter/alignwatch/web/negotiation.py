"""Which form of an answer a client prefers, by the quality values of RFC 9110 (section 12.5).

What is malformed in a header is left out, so that no client can make a scrape fail with it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class MediaType:
    """A form that can be had."""

    name: str
    version: str


PLAIN = MediaType("text/plain", "0.0.4")
OPENMETRICS = MediaType("application/openmetrics-text", "1.0.0")


@dataclass(frozen=True, slots=True)
class _Preference:
    value: str
    parameters: Mapping[str, str]
    quality: float


def prefers_openmetrics(accept: str) -> bool:
    """Whether an ``Accept`` header ranks OpenMetrics 1.0.0 above the text format; on a tie it does not."""
    preferences = list(_preferences(accept))
    return _quality(preferences, OPENMETRICS) > _quality(preferences, PLAIN)


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an ``Accept-Encoding`` header allows gzip and does not rank the plain form above it."""
    qualities = {one.value: one.quality for one in _preferences(accept_encoding)}
    gzip = qualities.get("gzip", qualities.get("*", 0.0))
    return gzip > 0 and gzip >= qualities.get("identity", 0.0)


def _preferences(header: str) -> Iterator[_Preference]:
    for item in header.split(","):
        value, *pairs = (part.strip() for part in item.split(";"))
        parameters = dict(_parameter(pair) for pair in pairs)
        quality = parameters.pop("q", "1")
        if _QUALITY.fullmatch(quality):
            yield _Preference(value.lower(), parameters, float(quality))


def _parameter(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name.strip().lower(), value.strip().strip('"')


def _quality(preferences: list[_Preference], offer: MediaType) -> float:
    """The quality that the most specific range which covers the offer gives it; 0 if none does."""
    best = (-1, 0.0)
    for one in preferences:
        specificity = _specificity(one, offer)
        if specificity is not None:
            best = max(best, (specificity, one.quality))
    return best[1]


def _specificity(preference: _Preference, offer: MediaType) -> int | None:
    if preference.value == "*/*":
        return 0
    if preference.value == offer.name.partition("/")[0] + "/*":
        return 1
    if preference.value != offer.name:
        return None
    version = preference.parameters.get("version")
    if version is None:
        return 2
    return 3 if version == offer.version else None
