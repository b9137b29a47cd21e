"""Keys, types and ranges: what of a file fits :class:`alignwatch.settings.Settings`, and what does not."""

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import msgspec
from msgspec import NODEFAULT, inspect

from alignwatch.configuration import unknown_key
from alignwatch.configuration.document import Node
from alignwatch.configuration.expected import Expected
from alignwatch.configuration.fault import Faults, KeyPath, Place
from alignwatch.configuration.refusal import refusal, shown
from alignwatch.settings import OTHER_NAMES, Settings

_VARIABLE = re.compile(r"\$\{[^}]*\}?")
_UNFIT = object()
_ANYTHING = "?"
"""Stands for a required text that is missing or unfit, where any text would be fit."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a file is fit."""

    settings: Settings
    """The fit values; defaults in place of the others."""
    places: Mapping[KeyPath, Place]
    """Where each value that the file gives stands, fit or not."""
    unfit: frozenset[KeyPath]
    """The values that were left out of the settings."""
    files: Mapping[KeyPath, Path]
    """The files that are named, absolute."""

    def sound(self, path: KeyPath) -> bool:
        """Whether nothing at or below a path had to be left out."""
        return not any(unfit[: len(path)] == path for unfit in self.unfit)


def shape_of(root: Node, folder: Path, faults: Faults) -> Shape:
    """Compares a file's tree with the settings.

    Args:
        root: the file: a mapping.
        folder: an absolute folder, at which relative paths start.
        faults: takes what does not fit.
    """
    walk = _Walk(folder, faults)
    value = walk.value(_with_usual_names(root, faults), Expected.of(inspect.type_info(Settings)), ())
    return Shape(msgspec.convert(value, Settings), walk.places, frozenset(walk.unfit), walk.files)


def _with_usual_names(root: Node, faults: Faults) -> Node:
    """The tree with the specification's other names moved to where the settings have them."""
    given = cast("Mapping[str, Node]", root.value)
    entries = {name: node for name, node in given.items() if name not in OTHER_NAMES}
    for other, (section, key) in OTHER_NAMES.items():
        node = given.get(other)
        home = entries.get(section) or Node(Place(section), {})
        if node is None or not isinstance(home.value, Mapping):
            continue
        if key in home.value:
            usual = home.value[key].place
            faults.add(
                node.place,
                f"another name of {usual.key}, given in line {usual.line}",
                "remove one of the two",
            )
        else:
            entries[section] = replace(home, value={**home.value, key: node})
    return replace(root, value=entries)


@dataclass
class _Walk:
    """Goes down the file and the settings' types side by side."""

    folder: Path
    faults: Faults
    places: dict[KeyPath, Place] = field(default_factory=dict)
    unfit: set[KeyPath] = field(default_factory=set)
    files: dict[KeyPath, Path] = field(default_factory=dict)

    def value(self, node: Node, expected: Expected, path: KeyPath) -> object:
        """What the settings take for a value of the file; ``_UNFIT`` if that is nothing."""
        self.places[path] = node.place
        match expected.type, node.value:
            case _, None if expected.nullable:
                return None
            case inspect.StructType() as section, Mapping() as entries:
                return self._section(node, entries, section, path)
            case inspect.DictType() as dictionary, Mapping() as entries:
                return self._dictionary(entries, dictionary, path)
            case inspect.VarTupleType(item_type=item_type) as several, list() as items:
                return self._items(node, items, [item_type] * len(items), path, several.min_length or 0)
            case inspect.TupleType(item_types=item_types), list() as items if len(items) == len(item_types):
                return self._items(node, items, item_types, path, len(items))
        value = self._scalar(node, expected)
        return self._path(node, value, expected, path) if isinstance(value, str) and expected.path else value

    def _section(
        self, node: Node, entries: Mapping[str, Node], section: inspect.StructType, path: KeyPath
    ) -> dict[str, object]:
        fields = {one.encode_name: one for one in section.fields}
        clean = {}
        for name, entry in entries.items():
            if name not in fields:
                self.faults.add(entry.place, "unknown key", unknown_key.remedy(name, section))
                continue
            default = None if fields[name].default is NODEFAULT else fields[name].default
            value = self.value(entry, Expected.of(fields[name].type, default), (*path, name))
            if value is _UNFIT:
                self.unfit.add((*path, name))
            else:
                clean[name] = value
        for name in (name for name, one in fields.items() if one.required and name not in clean):
            example = Expected.of(fields[name].type).example
            # So that the rest of its section is looked at too.
            clean[name] = example or _ANYTHING
            self.unfit.add((*path, name))
            if name not in entries:
                place = node.place.at(name, node.place.line)
                self.faults.add(place, "required, but missing", f"add it, such as {name}: {example}")
        return clean

    def _dictionary(
        self, entries: Mapping[str, Node], dictionary: inspect.DictType, path: KeyPath
    ) -> dict[str, object]:
        clean = {}
        for name, entry in entries.items():
            key = self._scalar(Node(entry.place, name, name), Expected.of(dictionary.key_type))
            value = self.value(entry, Expected.of(dictionary.value_type), (*path, name))
            if key is not _UNFIT and value is not _UNFIT:
                clean[name] = value
        return clean

    def _items(
        self, node: Node, items: list[Node], types: Sequence[inspect.Type], path: KeyPath, least: int
    ) -> object:
        if len(items) < least:
            self.faults.add(node.place, "expected at least one value, got none", "add one")
        clean: list[object] = []
        for item, type_ in zip(items, types, strict=True):
            value = self.value(item, Expected.of(type_), (*path, len(clean)))
            if value is _UNFIT:
                self.unfit.add(path)
                continue
            if isinstance(value, str) and value in clean:
                self.faults.add(item.place, f"{shown(value)} is listed twice", "remove one of the two")
            clean.append(value)
        return clean if len(clean) >= least else _UNFIT

    def _scalar(self, node: Node, expected: Expected) -> object:
        if isinstance(node.value, str) and (fault := _unusable(node.value)):
            self.faults.add(node.place, *fault)
            return _UNFIT
        if not expected.accepts(node.value):
            self.faults.add(node.place, *refusal(expected, node))
            return _UNFIT
        return node.value

    def _path(self, node: Node, value: str, expected: Expected, path: KeyPath) -> object:
        try:
            absolute = os.path.normpath(self.folder / Path(value).expanduser())
        except RuntimeError:
            user = shown(value.split("/")[0])
            self.faults.add(node.place, f"there is no home folder of {user}", "write the path in full")
            return _UNFIT
        if expected.path == "file":
            self.files[path] = Path(absolute)
        return absolute


def _unusable(text: str) -> tuple[str, str] | None:
    """What no text of a configuration may hold: message and remedy."""
    if variable := _VARIABLE.search(text):
        return (
            f"{shown(variable[0])} is not replaced, since environment variables are not read here",
            "write the value itself; a secret goes into a file of its own",
        )
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        return "holds a line break or another control character", "write it as plain text on one line"
    return None
