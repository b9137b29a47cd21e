"""YAML text as a tree in which every value knows its key and its line.

PyYAML's loader lets the last of two equal keys win and forgets how a value was written. Here a key given
twice is a fault, a key is always the text that was written, and a value keeps its spelling.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from alignwatch.configuration.fault import Faults, Place
from alignwatch.text import printable

_MOST_VALUES = 50_000
"""Aliases of aliases can stand for billions of values."""
_TAG = "tag:yaml.org,2002:"
_REMEDIES = (
    (r"found character '\t'", "indent with spaces, not with tabs"),
    ("cannot start any token", "put the value in quotes"),
    ("scanning an alias", 'put a value that begins with * in quotes, such as "*/15 * * * *"'),
    ("undefined alias", 'put a value that begins with * in quotes, such as "*-old"'),
    (
        "mapping values are not allowed",
        'indent keys of one section alike, and put a value with ": " in quotes',
    ),
    ("could not find expected ':'", 'write it as "key: value", with a blank after the colon'),
    ("scanning a quoted scalar", "close the quote"),
    ("unknown escape character", "use single quotes, in which a backslash is an ordinary character"),
    ("expected a single document", "keep one document in a file: remove the line ---"),
)
_OTHER_REMEDY = "look at indentation, brackets and quotes of this line and the one above"


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file: a mapping, a list, or a scalar as YAML understands it."""

    place: Place
    value: "Mapping[str, Node] | list[Node] | object"
    written: str = ""
    """A scalar's own spelling."""


def parse(text: str, faults: Faults) -> Node | None:
    """The tree of a YAML text; None if it is not YAML. An empty text is an empty mapping."""
    try:
        top = yaml.compose(text, yaml.SafeLoader)
        if top is None or top.tag == f"{_TAG}null":
            return Node(Place(), {})
        return _Builder(faults).node(top, Place())
    except yaml.MarkedYAMLError as error:
        faults.add(*_explained(error))
    except yaml.reader.ReaderError as error:
        place = Place(line=text.count("\n", 0, error.position) + 1)
        faults.add(place, "not YAML: holds a control character", "remove it")
    except (RecursionError, _TooManyError):
        faults.add(Place(), "nested or repeated without end", "write values out instead of using aliases (*)")
    return None


class _TooManyError(Exception):
    """More values than any configuration has."""


class _Builder:
    """Turns PyYAML's nodes into ours."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._left = _MOST_VALUES
        self._constructor = yaml.SafeLoader("")

    def node(self, source: yaml.Node, place: Place) -> Node:
        self._spend()
        if not source.tag.startswith(_TAG):
            tag = printable(source.tag)
            self._faults.add(place, f"the tag {tag} is not supported", f"remove {tag}")
        if isinstance(source, yaml.MappingNode):
            entries = self._entries(source, place)
            return Node(place, {name: self.node(value, at) for name, (at, value) in entries.items()})
        if isinstance(source, yaml.SequenceNode):
            items = enumerate(source.value)
            return Node(place, [self.node(item, place.at(number, _line(item))) for number, item in items])
        assert isinstance(source, yaml.ScalarNode)  # noqa: S101  # the only kind that is left
        return Node(place, self._scalar(source, place), source.value)

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise _TooManyError

    def _entries(self, source: yaml.MappingNode, place: Place) -> dict[str, tuple[Place, yaml.Node]]:
        self._spend()
        own: dict[str, tuple[Place, yaml.Node]] = {}
        merged: dict[str, tuple[Place, yaml.Node]] = {}
        for key, value in source.value:
            at = place.at(key.value if isinstance(key, yaml.ScalarNode) else "?", _line(key))
            if not isinstance(key, yaml.ScalarNode):
                self._faults.add(at, "a key must be text", "write it as text, such as name: value")
            elif key.tag == f"{_TAG}merge":
                merged = self._merged(value, place) | merged
            elif key.value in own:
                first = own[key.value][0].line
                self._faults.add(at, f"given twice, first in line {first}", "remove one of the two")
            else:
                own[key.value] = at, value
        return merged | own

    def _merged(self, value: yaml.Node, place: Place) -> dict[str, tuple[Place, yaml.Node]]:
        """What ``<<`` brings in: of several mappings the first wins."""
        merged: dict[str, tuple[Place, yaml.Node]] = {}
        for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            if isinstance(source, yaml.MappingNode):
                merged = self._entries(source, place) | merged
            else:
                at = place.at("<<", _line(source))
                self._faults.add(at, "expected a mapping", "put a mapping after <<, such as <<: *defaults")
        return merged

    def _scalar(self, source: yaml.ScalarNode, place: Place) -> object:
        """The value; its text where it is not what its look or its tag makes YAML expect."""
        if not source.tag.startswith(_TAG):
            return source.value
        try:
            return self._constructor.construct_object(source)
        # PyYAML's constructors fail in each of these ways, such as KeyError for "!!bool maybe".
        except (yaml.YAMLError, ValueError, LookupError, AttributeError):
            kind = source.tag.removeprefix(_TAG)
            self._faults.add(place, f"to YAML this is a {kind}, but not a valid one", "put it in quotes")
            return source.value


def _line(source: yaml.Node) -> int:
    return int(source.start_mark.line) + 1


def _explained(error: yaml.MarkedYAMLError) -> tuple[Place, str, str]:
    context, problem = str(error.context or ""), str(error.problem)
    # A quote or key that never ends is noticed far below the line where it begins.
    begins = context.startswith("while scanning") and error.context_mark is not None
    mark = error.context_mark if begins else error.problem_mark
    said = f"{context}: {problem}"
    remedy = next((remedy for sign, remedy in _REMEDIES if sign in said), _OTHER_REMEDY)
    place = Place(line=mark.line + 1 if mark else None)
    return place, f"not YAML: {printable(problem).removeprefix('but ')}", remedy
