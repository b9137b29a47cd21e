"""What a browser would make of a page: its elements, each with its attributes and its text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "br", "input", "link", "img", "circle"})


@dataclass
class Element:
    """One element."""

    tag: str
    attributes: dict[str, str]
    inside: tuple[str, ...]
    """The tags around it, the outermost first."""
    text: str = ""
    """All that is written in it."""
    holds: list["Element"] = field(default_factory=list)
    """Its descendants."""


class Markup(HTMLParser):
    """A page; one that is not well formed fails the test."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(page)
        self.close()
        assert self._open == [], "not everything is closed"

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements of a tag that have these attributes; ``class_`` is one of its classes."""
        wanted = attributes.pop("class_", None)
        return [
            one
            for one in self.elements
            if one.tag == tag
            and attributes.items() <= one.attributes.items()
            and (wanted is None or wanted in one.attributes.get("class", "").split())
        ]

    def by_id(self, name: str) -> Element:
        """The only element of an id."""
        (found,) = [one for one in self.elements if one.attributes.get("id") == name]
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(o.tag for o in self._open))
        self.elements.append(element)
        for one in self._open:
            one.holds.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self._open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        for one in self._open:
            one.text += data
