"""The JSON Schema of a configuration file, for editors and for those who generate configurations."""

import ast
import inspect
import json
import sys
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Any

import msgspec

from alignwatch.settings import OTHER_NAMES, Settings
from alignwatch.settings.values import Section

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema of :class:`alignwatch.settings.Settings`, with its docstrings as descriptions."""
    types: dict[str, Any] = msgspec.json.schema(Settings)["$defs"]
    for section, key, text in _docstrings():
        types[section]["properties"][key]["description"] = text
    top = types.pop("Settings")
    for other, (section, key) in OTHER_NAMES.items():
        usual = types[section.capitalize()]["properties"][key]
        top["properties"][other] = {**usual, "description": f"Another name of {section}.{key}."}
    return {"$schema": DIALECT, **top, "title": "Configuration of Alignwatch", "$defs": types}


def schema_text() -> str:
    """The schema as ``config/alignwatch.schema.json`` has it."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _docstrings() -> Iterator[tuple[str, str, str]]:
    """Section, key and the text below each key of the settings, which Python itself does not keep."""
    modules = {section.__module__ for section in Section.__subclasses__()}
    statements = chain.from_iterable(ast.parse(inspect.getsource(sys.modules[one])).body for one in modules)
    for section in (one for one in statements if isinstance(one, ast.ClassDef)):
        for statement, below in pairwise(section.body):
            match statement, below:
                case ast.AnnAssign(target=ast.Name(id=key)), ast.Expr(value=ast.Constant(value=str(text))):
                    yield section.name, key, " ".join(text.replace("``", "").split())
