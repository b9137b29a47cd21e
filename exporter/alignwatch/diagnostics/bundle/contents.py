"""Everything that goes into a bundle, collected side by side and with nothing secret in it.

A part that fails, or takes too long, is noted; the others go in. Each part bounds what it holds; what is
larger than :data:`MOST_BYTES` nevertheless is cut, after all secrets are out: half a secret looks like none.
"""

import queue
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from alignwatch.diagnostics.bundle import (
    configuration,
    exporter,
    journal_rows,
    logs,
    machine,
    repositories,
    verdict,
)
from alignwatch.diagnostics.bundle.names import Pseudonyms, pseudonym_key
from alignwatch.diagnostics.bundle.part import AbsentError, Member, Part
from alignwatch.diagnostics.bundle.redaction import Redactor, known_secrets
from alignwatch.diagnostics.context import Context
from alignwatch.git.command import Git

MOST_BYTES = 1 << 20
"""Of one member."""
MOST_BYTES_IN_ALL = 24 << 20
"""Before they are packed."""
_CUT = "\n... cut here: there was more than fits\n"

PARTS = (
    Part("doctor", verdict.collect, 60.0),
    Part("versions", machine.collect),
    Part("configuration", configuration.collect),
    Part("repositories", repositories.collect, 40.0),
    Part("journal", journal_rows.collect, 30.0),
    Part("logs", logs.collect, 30.0),
    Part("exporter", exporter.collect),
)


@dataclass(frozen=True, slots=True)
class Packed:
    """One file, ready."""

    name: str
    data: bytes
    note: str = ""
    """Whether it was cut."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not in it."""

    part: str
    why: str


@dataclass(frozen=True, slots=True)
class Contents:
    """All of it."""

    members: tuple[Packed, ...]
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is hidden besides secrets."""

    mail: bool = False
    branches: bool = False


def collect(context: Context, wish: Wish = Wish(), parts: Iterable[Part] = PARTS) -> Contents:
    """Collects everything.

    Args:
        context: of the machine, as the doctor has it.
        wish: what is hidden besides secrets.
        parts: what goes in.
    """
    collected: list[Member] = []
    missing: list[Missing] = []
    for part, members, why in _side_by_side(context, tuple(parts)):
        collected += members
        missing += [Missing(part.name, why)] if why else []
    redactor, unread = _redactor(context, wish)
    missing += [Missing(key, "its file cannot be read: what it holds is not known") for key in unread]
    packed = _within(sorted((_packed(one, redactor) for one in collected), key=lambda one: one.name), missing)
    return Contents(tuple(packed), tuple(Missing(one.part, redactor.text(one.why)) for one in missing))


def _redactor(context: Context, wish: Wish) -> tuple[Redactor, list[str]]:
    known, unread = known_secrets(context, repositories.all_git_settings(context))
    names = None
    if wish.branches:
        found = {*repositories.all_names(context), *journal_rows.branch_names(context)}
        names = Pseudonyms(found, pseudonym_key(context.state_folder))
    return Redactor(known, mail=wish.mail, names=names), unread


def _side_by_side(context: Context, parts: tuple[Part, ...]) -> Iterator[tuple[Part, list[Member], str]]:
    """Each part, what it has collected, and why that is not all; in their order."""
    began = time.monotonic()
    running = []
    for part in parts:
        one = replace(context, git=Git(environment=context.environment))
        members: queue.SimpleQueue[Member] = queue.SimpleQueue()
        end: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(
            target=_fill, args=(part, one, members, end), name=f"bundle {part.name}", daemon=True
        ).start()
        running.append((part, one, members, end))
    for part, one, members, end in running:
        try:
            why = end.get(timeout=max(0.0, began + part.seconds - time.monotonic()))
        except queue.Empty:
            why = f"it did not end within {part.seconds:g} s"
        one.git.close()
        yield part, [members.get() for _ in range(members.qsize())], why


def _fill(
    part: Part, context: Context, members: "queue.SimpleQueue[Member]", end: "queue.SimpleQueue[str]"
) -> None:
    try:
        for member in part.collect(context):
            members.put(member)
    except AbsentError as error:
        end.put(str(error))
    except Exception as error:  # one part's fault must not end the others
        end.put(f"{type(error).__name__}: {error}")
    else:
        end.put("")


def _packed(member: Member, redactor: Redactor) -> Packed:
    if isinstance(member.content, str):
        data = redactor.text(member.content).encode(errors="backslashreplace")
    else:
        hidden = redactor.data(member.content)
        data = msgspec.json.format(msgspec.json.encode(hidden, enc_hook=str)) + b"\n"
    name = redactor.text(member.name)
    if len(data) <= MOST_BYTES:
        return Packed(name, data)
    # The end of a log says more than its beginning.
    kept, cut = MOST_BYTES - len(_CUT), _CUT.encode()
    data = cut + data[-kept:] if name.startswith("logs/") else data[:kept] + cut
    return Packed(name, data, f"cut to {MOST_BYTES} bytes")


def _within(members: Iterable[Packed], missing: list[Missing]) -> Iterator[Packed]:
    """As many as fit in all."""
    left = MOST_BYTES_IN_ALL
    for one in members:
        if len(one.data) > left:
            missing.append(Missing(one.name, "there was no room left for it"))
            continue
        left -= len(one.data)
        yield one
