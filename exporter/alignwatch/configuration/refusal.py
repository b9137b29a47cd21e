"""The words for a value that is not what it should be: what was expected, what was found, the remedy."""

import datetime
import difflib
import re
from collections.abc import Iterable, Mapping

from msgspec import inspect

from alignwatch.configuration.document import Node
from alignwatch.configuration.expected import Expected
from alignwatch.text import printable

_LONGEST_SHOWN = 60
_CREDENTIALS = re.compile(r"//.*@")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def refusal(expected: Expected, node: Node) -> tuple[str, str]:
    """Why a value is not accepted, and the remedy."""
    if trap := _yaml_trap(expected, node):
        return trap
    match expected.type, node.value:
        case inspect.StrType(max_length=longest), str(text) if not expected.description:
            message = f"expected 1 to {longest} characters, got {len(text)}"
        case inspect.TupleType(), list(items):
            message = f"expected {expected}, got {len(items)}"
        case _:
            message = f"expected {expected}, got {_got(expected, node)}"
    return message, _remedy(expected, node)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant."""
    by_folded = {one.casefold(): one for one in known}
    matches = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[matches[0]] if matches else None


def shown(text: str) -> str:
    """Text of the file inside a message: quoted, not too long, without credentials."""
    safe = printable(_CREDENTIALS.sub("//***@", text))
    return f'"{safe if len(safe) <= _LONGEST_SHOWN else safe[: _LONGEST_SHOWN - 1] + "…"}"'


def _yaml_trap(expected: Expected, node: Node) -> tuple[str, str] | None:
    """Text that YAML reads as something else, because it has no quotes."""
    if not isinstance(expected.type, inspect.StrType | inspect.LiteralType):
        return None
    if isinstance(node.value, bool):
        value = str(node.value).lower()
        return f"{node.written} without quotes is {value} to YAML", f'write "{node.written}"'
    if isinstance(node.value, int) and ":" in node.written:
        meant = next(filter(expected.accepts, (node.written, f"0{node.written}")), node.written)
        return f"{node.written} without quotes is the number {node.value} to YAML", f'write "{meant}"'
    return None


def _got(expected: Expected, node: Node) -> str:
    wants_text = isinstance(expected.type, inspect.StrType | inspect.LiteralType)
    match node.value:
        case None:
            return "nothing"
        case str(text):
            return shown(text)
        case int() | float() if not wants_text:
            return printable(node.written)
        case int():
            return "a whole number"
        case float():
            return "a number"
        case list():
            return "a list"
        case Mapping():
            return "a section"
        case datetime.date():
            return "a date"
    return "binary data"


def _remedy(expected: Expected, node: Node) -> str:
    match expected.type:
        case inspect.StructType() | inspect.DictType():
            if isinstance(node.value, list):
                return 'remove the "- " before its keys'
            return "indent its keys below it, or remove the line"
        case _ if node.value is None:
            return "write a value, or remove the line"
        case inspect.VarTupleType():
            if isinstance(node.value, Mapping):
                return 'begin each item with "- "'
            return f"put it in brackets: [{shown(node.written)}]"
        case inspect.TupleType():
            return "write pairs, such as [[main, scientific]]"
        case inspect.BoolType():
            return "write true or false, without quotes"
        case inspect.LiteralType(values=values):
            meant = nearest(node.written, map(str, values))
            return f"write {meant}" if meant else "choose one of these"
        case inspect.IntType() | inspect.FloatType():
            return _number_remedy(expected, node)
    return _text_remedy(expected, node)


def _number_remedy(expected: Expected, node: Node) -> str:
    such_as = "" if expected.example is None else f", such as {expected.example}"
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        kind = "whole " if isinstance(expected.type, inspect.IntType) else ""
        return f"choose a {kind}number in this range{such_as}"
    if isinstance(node.value, str) and _NUMBER.fullmatch(node.value):
        return "remove the quotes"
    return f"write only a number{such_as}"


def _text_remedy(expected: Expected, node: Node) -> str:
    if isinstance(node.value, Mapping | list):
        return "write one value"
    if not isinstance(node.value, str) and expected.accepts(node.written):
        return "put it in quotes"
    if expected.description:
        return f"write it like {shown(str(expected.example))}"
    return "shorten it" if node.value else "write something, or remove the line"
