"""The sections ``hooks`` and ``propagation``: who else is told of what has happened."""

from typing import Annotated, Literal

from msgspec import Meta

from alignwatch.settings.values import File, Name, Seconds, Section, Text, Url

HookEvent = Literal[
    "operation_ended",
    "operation_unverified",
    "branch_event",
    "health_changed",
    "maintenance_ended",
    "alert_sent",
]
"""What others can be told of; ``alert_sent`` needs ``alerts.audit``."""
HookName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=64,
        description="a name in small letters, digits and _",
        examples=["tell_team"],
    ),
]


class Hook(Section, frozen=True):
    """A program of yours that is run when something has happened, with the event as JSON on its input."""

    name: HookName
    """In metrics and logs."""
    command: tuple[Text, ...] = ()
    """A program and its arguments. No shell sees them."""
    entry_point: Text | None = None
    """Instead of a command: a Python function, named by an entry point of the group ``alignwatch.hooks``."""
    events: tuple[HookEvent, ...] = ()
    """None named: all."""
    repositories: tuple[Name, ...] = ()
    """None named: all, and what concerns the whole machine."""
    timeout_seconds: Seconds = 30
    """What takes longer is ended."""


class Parent(Section, frozen=True):
    """An address that is told of everything that has happened, by a signed POST, until it takes it."""

    name: HookName
    """In metrics and logs."""
    url: Url
    """Its address."""
    secret_file: File | None = None
    """A file that holds the key of the signature (Standard Webhooks); ``null``: not signed."""
    ca_file: File | None = None
    """Certificates of the authorities to trust; default: the system's."""
    events: tuple[HookEvent, ...] = ()
    """None named: all."""
    repositories: tuple[Name, ...] = ()
    """None named: all, and what concerns the whole machine."""
    timeout_seconds: Seconds = 10
    """One attempt may take so long."""


class Propagation(Section, frozen=True):
    """How the programs above this one learn what it knows."""

    status_file: File | None = None
    """A file that always holds the present state as JSON; it is replaced, never half written."""
    parents: tuple[Parent, ...] = ()
    """Addresses that are told of everything that has happened."""
