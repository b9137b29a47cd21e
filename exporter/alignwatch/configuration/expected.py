"""What one setting may be, and whether a value is that."""

import re
from dataclasses import dataclass
from typing import cast

from msgspec import inspect


@dataclass(frozen=True, slots=True)
class Expected:
    """What one setting may be: msgspec's type, and what its ``Meta`` says about it."""

    type: inspect.Type
    nullable: bool = False
    description: str | None = None
    example: object = None
    path: str | None = None
    """``file`` or ``folder`` if it names one."""

    @classmethod
    def of(cls, declared: inspect.Type, default: object = None) -> "Expected":
        """Unwraps ``X | None`` and ``Annotated[X, Meta(...)]``.

        Args:
            declared: the type of a field, an item or a key.
            default: the field's default, the best example there is.
        """
        nullable = False
        if isinstance(declared, inspect.UnionType):
            nullable = any(isinstance(one, inspect.NoneType) for one in declared.types)
            (declared,) = (one for one in declared.types if not isinstance(one, inspect.NoneType))
        if not isinstance(declared, inspect.Metadata):
            return cls(declared, nullable, example=default)
        known = declared.extra_json_schema or {}
        example = default if default is not None else next(iter(known.get("examples", ())), None)
        path = (declared.extra or {}).get("path")
        return cls(declared.type, nullable, known.get("description"), example, path)

    def accepts(self, value: object) -> bool:
        """Whether a scalar of the file is of this type and in its range."""
        match self.type:
            case inspect.BoolType():
                return isinstance(value, bool)
            case inspect.IntType() as type_:
                return type(value) is int and _in_range(value, type_)
            case inspect.FloatType() as type_:
                return type(value) in (int, float) and _in_range(cast("float", value), type_)
            case inspect.LiteralType(values=values):
                return isinstance(value, str) and value in values
            case inspect.StrType() as type_:
                return isinstance(value, str) and _fits(value, type_)
        return False

    def __str__(self) -> str:
        """In words, such as ``a number above 0 up to 100 (percent)``."""
        match self.type:
            case inspect.BoolType():
                return "true or false"
            case inspect.IntType() as type_:
                return f"a whole number {_range(type_)}"
            case inspect.FloatType() as type_:
                return f"a number {_range(type_)} ({self.description})"
            case inspect.LiteralType(values=values):
                return "one of " + ", ".join(map(str, values))
            case inspect.StructType() | inspect.DictType():
                return "a section with keys of its own"
            case inspect.VarTupleType():
                return "a list"
            case inspect.TupleType(item_types=item_types):
                return f"a list of {len(item_types)} values"
        return self.description or "text"


def _in_range(value: float, type_: inspect.IntType | inspect.FloatType) -> bool:
    return (
        (type_.gt is None or value > type_.gt)
        and (type_.ge is None or value >= type_.ge)
        and (type_.le is None or value <= type_.le)
    )


def _range(type_: inspect.IntType | inspect.FloatType) -> str:
    return f"above {type_.gt} up to {type_.le}" if type_.ge is None else f"from {type_.ge} to {type_.le}"


def _fits(text: str, type_: inspect.StrType) -> bool:
    return (
        len(text) >= (type_.min_length or 0)
        and (type_.max_length is None or len(text) <= type_.max_length)
        and (type_.pattern is None or re.search(type_.pattern, text) is not None)
    )
