"""What a browser would make of a page: its elements, each with its attributes and its text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "br", "input", "link", "img", "circle", "wbr"})


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

    def all(self, tag: str) -> list["Element"]:
        """Its descendants of a tag."""
        return [one for one in self.holds if one.tag == tag]


class Markup(HTMLParser):
    """A page; one that is not well formed fails the test."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.text = ""
        """All that is written on it, but its style."""
        self._open: list[Element] = []
        self.feed(page)
        self.close()
        assert self._open == [], "not everything is closed"

    def all(self, tag: str) -> list[Element]:
        """The elements of a tag."""
        return [one for one in self.elements if one.tag == tag]

    def by_id(self, name: str) -> Element:
        """The only element of an id."""
        (found,) = [one for one in self.elements if one.attributes.get("id") == name]
        return found

    @property
    def from_elsewhere(self) -> list[str]:
        """Attributes that run something, or take something from elsewhere."""
        names = [name for one in self.elements for name in one.attributes]
        return [name for name in names if name.startswith("on") or name in ("src", "style")]

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
        if not (self._open and self._open[-1].tag == "style"):
            self.text += data
        for one in self._open:
            one.text += data
