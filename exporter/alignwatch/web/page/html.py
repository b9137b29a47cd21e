"""Markup out of elements: whatever is no markup already is text, and is escaped."""

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from alignwatch.text import printable

_VOID = frozenset({"br", "input", "meta"})
"""Elements that hold nothing."""


class Html(str):
    """Markup."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Child] | None"
"""What an element may hold; None is nothing."""


def element(tag: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """One element.

    Args:
        tag: its name.
        children: what it holds, in this order.
        attributes: a name that Python keeps for itself ends with ``_``, and ``_`` within stands for ``-``.
            True is an attribute without a value; False and None are none.
    """
    opening = f"<{tag}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(opening if tag in _VOID else f"{opening}{markup(children)}</{tag}>")


def markup(child: Child) -> Html:
    """The markup of what an element may hold."""
    if child is None:
        return Html()
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return Html(escape(child))
    return Html("".join(map(markup, child)))


def named(name: str) -> Html:
    """A name, a path or a sentence that comes from elsewhere: whatever it holds, it is seen as it is.

    ``<bdi>`` keeps one that is written from right to left from turning its surroundings round.
    """
    return element("bdi", printable(name))


def _attribute(key: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
