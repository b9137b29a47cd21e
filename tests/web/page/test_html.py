from hypothesis import given
from hypothesis import strategies as st

from alignwatch.web.page.html import Html, element, markup, named
from support.markup import Markup


def test_an_element_holds_text_markup_and_lists_of_both() -> None:
    made = element(
        "p", "a < b", None, [element("br"), ["&"]], class_="x", aria_label='"', hidden=True, id=None
    )
    assert made == '<p class="x" aria-label="&quot;" hidden>a &lt; b<br>&amp;</p>'


def test_markup_is_not_escaped_again() -> None:
    assert markup(Html("<br>")) == "<br>"


@given(st.text())
def test_whatever_a_name_holds_is_text(name: str) -> None:
    page = Markup(element("p", named(name), title=name))
    assert [one.tag for one in page.elements] == ["p", "bdi"]
    assert page.text.isprintable()
    if name.isprintable():
        assert page.text == name
