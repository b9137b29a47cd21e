"""Which alerts a silence holds back: matchers as people write them."""

import re
from collections.abc import Sequence

from alignwatch.errors import UsageError
from alignwatch.servers.alertmanager import Matcher

_MATCHER = re.compile(r"\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*", re.ASCII | re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)

_UNHEARD_OF = {"alertname": "AlignmentUnheardOf", "severity": "critical"}
"""An alert that nobody has thought of yet; its other labels are as unheard of."""


def parse_matcher(text: str) -> Matcher:
    r"""A matcher as Prometheus writes it, or an alert's bare name.

    The quotes may be left out: shells take them away. Within quotes ``\"``, ``\\`` and ``\n`` are escapes.

    Raises:
        UsageError: it is neither.
    """
    if _NAME.fullmatch(text):
        return Matcher("alertname", text)
    found = _MATCHER.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{text!r} is no matcher; write an alert's name, or NAME=VALUE, NAME!=VALUE, NAME=~REGEXP, "
            "NAME!~REGEXP"
        )
    name, operator, value = found.groups()
    if quoted := _QUOTED.fullmatch(value):
        value = _ESCAPED.sub(lambda escape: "\n" if escape[1] == "n" else escape[1], quoted[1])
    return Matcher(name, value, is_regex=operator.endswith("~"), is_equal=operator.startswith("="))


def holds_back_everything(matchers: Sequence[Matcher]) -> bool:
    """Whether they match a critical alert that nobody has thought of yet."""
    return all(matches(matcher, _UNHEARD_OF.get(matcher.name, "unheard of")) for matcher in matchers)


def matches(matcher: Matcher, value: str) -> bool:
    """Whether a label of this value matches; a label that is not there is empty."""
    if not matcher.is_regex:
        return (value == matcher.value) is matcher.is_equal
    try:
        return (re.fullmatch(matcher.value, value) is not None) is matcher.is_equal
    except re.error:
        return False  # What Python does not understand is Alertmanager's to judge.
