"""What to say about a key that its section does not know."""

from collections.abc import Iterator

from msgspec import inspect

from alignwatch.configuration.refusal import nearest
from alignwatch.settings import Settings


def remedy(name: str, section: inspect.StructType) -> str:
    """What was most likely meant: a key spelt like it, or the same key in another section."""
    known = [one.encode_name for one in section.fields]
    near = nearest(name, known)
    homes = " or ".join(home for home, keys in _homes(inspect.type_info(Settings)) if name in keys)
    if near and homes:
        return f"did you mean {near}, or does it belong under {homes}?"
    if near:
        return f"did you mean {near}?"
    return f"it belongs under {homes}" if homes else f"remove it; known here: {', '.join(known)}"


def _homes(type_: inspect.Type, name: str = "") -> Iterator[tuple[str, set[str]]]:
    """Each kind of section, by its name, with its keys."""
    if isinstance(type_, inspect.VarTupleType):
        type_ = type_.item_type
    if isinstance(type_, inspect.StructType):
        yield name or "the top level", {one.encode_name for one in type_.fields}
        for one in type_.fields:
            yield from _homes(one.type, f"{name}.{one.encode_name}" if name else one.encode_name)
