import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.alerting.matchers import holds_back_everything, parse_matcher
from alignwatch.errors import UsageError
from alignwatch.servers.alertmanager import Matcher


@pytest.mark.parametrize(
    ("text", "matcher"),
    [
        ("AlignmentHostDown", Matcher("alertname", "AlignmentHostDown")),
        ('repository="app"', Matcher("repository", "app")),
        ("repository=app", Matcher("repository", "app")),
        (" kind != index ", Matcher("kind", "index", is_equal=False)),
        ('mountpoint=~"/srv/.+"', Matcher("mountpoint", "/srv/.+", is_regex=True)),
        ("probe!~a|b", Matcher("probe", "a|b", is_regex=True, is_equal=False)),
        (r'path="a\"b\\c\nd"', Matcher("path", 'a"b\\c\nd')),
        ('path=a="b"', Matcher("path", 'a="b"')),
        ("kind=", Matcher("kind", "")),
    ],
)
def test_matchers_as_people_write_them(text: str, matcher: Matcher) -> None:
    assert parse_matcher(text) == matcher


@pytest.mark.parametrize("text", ["", "a b", "=x", "a-b=c", "1a", "*", "__x"])
def test_what_is_no_matcher(text: str) -> None:
    with pytest.raises(UsageError, match="is no matcher; write an alert's name, or NAME=VALUE"):
        parse_matcher(text)


@given(st.from_regex(r"[a-z_][a-z0-9_]*", fullmatch=True), st.text(), st.booleans(), st.booleans())
def test_a_matcher_is_read_as_it_is_shown(name: str, value: str, is_regex: bool, is_equal: bool) -> None:
    matcher = Matcher(name, value, is_regex=is_regex, is_equal=is_equal)
    assert parse_matcher(str(matcher)) == matcher


@pytest.mark.parametrize(
    "texts",
    [
        ["severity=critical"],
        ["severity=~warning|critical"],
        ["alertname=~.+"],
        ["alertname=~Alignment.+"],
        ["alertname!=AlignmentHostDown"],
        ["repository!~app|web", "severity!=info"],
        ["repository=~.*"],
    ],
)
def test_what_would_hold_back_the_unheard_of(texts: list[str]) -> None:
    assert holds_back_everything([parse_matcher(text) for text in texts])


@pytest.mark.parametrize(
    "texts",
    [
        ["AlignmentHostDown"],
        ["repository=app"],
        ["severity=info"],
        ["alertname=~Alignment.+", "mountpoint=~/srv/.+"],
        ["severity=critical", "repository=app"],
        ["alertname=~("],
        ["kind="],
    ],
)
def test_what_is_about_something(texts: list[str]) -> None:
    assert not holds_back_everything([parse_matcher(text) for text in texts])
