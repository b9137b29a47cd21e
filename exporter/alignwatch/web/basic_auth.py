"""Are these credentials right? Basic authentication against bcrypt hashes.

A check takes as long as bcrypt was told to take, so verdicts are remembered, under a keyed hash
from which no password can be had.
"""

import asyncio
import base64
import hashlib
import os
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import bcrypt

Users = Mapping[bytes, bytes]
"""bcrypt hashes by user name."""

_LONGEST = 72
"""Bytes of a password that bcrypt looks at; every tool that makes hashes leaves out the rest."""


class BasicAuth:
    """Checks ``Authorization`` headers."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._right = _Recent(256)
        # Apart from the right ones, so that guesses cannot push them out.
        self._wrong = _Recent(256)
        # One thread: guessing never costs more than one processor.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="bcrypt")

    def remembers(self, users: Users, authorization: str) -> bool | None:
        """The verdict, if it takes no time; None where only :meth:`check` can tell."""
        given = _credentials(authorization)
        if given is None:
            return False
        verdict = self._verdict_key(*given, _reference(users, given[0]))
        if verdict in self._right:
            return True
        return False if verdict in self._wrong else None

    async def check(self, users: Users, authorization: str) -> bool:
        """Compares with the user's hash, or for an unknown user with one that costs as much."""
        given = _credentials(authorization)
        if given is None:
            return False
        user, password = given
        reference = _reference(users, user)
        loop = asyncio.get_running_loop()
        matches = await loop.run_in_executor(self._worker, bcrypt.checkpw, password[:_LONGEST], reference)
        right = matches and user in users
        (self._right if right else self._wrong).add(self._verdict_key(user, password, reference))
        return right

    def close(self) -> None:
        """Gives up the checks that have not begun."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _verdict_key(self, *parts: bytes) -> bytes:
        digest = hashlib.blake2b(key=self._key)
        for part in parts:
            # The length keeps "a" + "bc" apart from "ab" + "c".
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.digest()


class _Recent:
    """The keys seen last."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._keys: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, key: bytes) -> bool:
        if key not in self._keys:
            return False
        self._keys.move_to_end(key)
        return True

    def add(self, key: bytes) -> None:
        self._keys[key] = None
        if len(self._keys) > self._limit:
            self._keys.popitem(last=False)


def _credentials(authorization: str) -> tuple[bytes, bytes] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except ValueError:
        return None
    return (user, password) if colon else None


def _reference(users: Users, user: bytes) -> bytes:
    """The hash to compare with; for an unknown user one of the same cost, so that time tells nothing."""
    if user in users:
        return users[user]
    cost = max(hashed[4:6] for hashed in users.values())
    return b"$2b$" + cost + b"$" + b"." * 53
