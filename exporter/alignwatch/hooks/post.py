"""Telling a parent: one signed POST."""

import time

import msgspec

from alignwatch.errors import AlignwatchError
from alignwatch.hooks.signature import headers, key_of
from alignwatch.journal.notices import REFUSED, TOLD
from alignwatch.secret_file import read_secret
from alignwatch.servers.http import Client, RefusalError
from alignwatch.settings import Parent, Server

_TRANSIENT = frozenset({408, 425, 429})
"""Refusals of the moment, as those from 500 on."""


def post(parent: Parent, identity: str, body: bytes) -> tuple[str | None, str | None]:
    """Sends it once.

    Returns:
        One of ``journal.notices.OUTCOMES``, or None for one that is to be tried again; and why, where it did
        not go well.
    """
    key = f"propagation.parents.{parent.name}"
    try:
        secret = None
        if parent.secret_file is not None:
            setting = f"{key}.secret_file"
            secret = key_of(read_secret(setting, parent.secret_file), setting)
        server = Server(url=parent.url, ca_file=parent.ca_file)
        timeout_key = f"{key}.timeout_seconds"
        with Client(parent.name, key, parent.url, server, parent.timeout_seconds, timeout_key) as client:
            client.send("", msgspec.Raw(body), headers(secret, identity, time.time(), body))
    except RefusalError as error:
        lasting = 400 <= error.status < 500 and error.status not in _TRANSIENT
        return (REFUSED if lasting else None), str(error)
    except AlignwatchError as error:
        return None, str(error)
    return TOLD, None
