"""What the doctor says of everything."""

from collections.abc import Iterator

from msgspec import to_builtins

from alignwatch.diagnostics.bundle.part import Member
from alignwatch.diagnostics.context import Context
from alignwatch.diagnostics.doctor import chosen, examine


def collect(context: Context) -> Iterator[Member]:
    """``doctor.json``."""
    checks = chosen(left_out=context.settings.diagnostics.skip)
    yield Member("doctor.json", to_builtins(examine(checks, context)))
