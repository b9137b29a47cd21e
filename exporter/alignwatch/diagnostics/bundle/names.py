"""Pseudonyms in place of the names of branches."""

import hashlib
import hmac
import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from alignwatch.files import write_atomically

_KEY_FILE = "pseudonyms.key"
_KEY_BYTES = 32
_DIGITS = 10
_USUAL = frozenset(("main", "master", "trunk", "develop", "HEAD"))
"""They tell nothing, and are words that stand elsewhere, too."""
_TOKEN = re.compile(r"[^\s\"'`,;:=(){}\[\]<>|~^]+")
_AROUND = "@!?.*#%&$"
_LOCK = ".lock"
_RANGE = re.compile(r"(\.{2,3})")


def pseudonym_key(state_folder: Path) -> bytes:
    """What pseudonyms are made with: the same name has the same one in all bundles of a state folder.

    Where that cannot be kept, pseudonyms are good for one bundle.
    """
    file = state_folder / _KEY_FILE
    with suppress(OSError):
        return file.read_bytes()
    key = os.urandom(_KEY_BYTES)
    with suppress(OSError):
        state_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, key, 0o600)
    return key


class Pseudonyms:
    """Replaces known names wherever they stand.

    Args:
        names: of branches, and of other refs.
        key: nobody who does not have it can tell whether a pseudonym is that of a certain name.
    """

    def __init__(self, names: Iterable[str], key: bytes) -> None:
        self._key = key
        known = {name for name in names if name and name not in _USUAL}
        self._of = {name: self._make(name) for name in known}
        self._longest = max((name.count("/") + 1 for name in known), default=0)
        # What the search for words does not find whole, as it stands and as it is quoted; the longest first.
        odd = {
            form: pseudonym
            for name, pseudonym in self._of.items()
            if not _TOKEN.fullmatch(name) or name != name.strip(_AROUND).removesuffix(_LOCK)
            for form in (name, json.dumps(name)[1:-1], name.replace('"', '\\"'))
        }
        self._odd = sorted(odd.items(), key=lambda one: -len(one[0]))

    def text(self, text: str) -> str:
        """The text with pseudonyms."""
        for form, pseudonym in self._odd:
            text = text.replace(form, pseudonym)
        return _TOKEN.sub(lambda found: self._word(found[0]), text)

    def _make(self, name: str) -> str:
        digest = hmac.new(self._key, name.encode(errors="replace"), hashlib.sha256).hexdigest()
        return f"branch-{digest[:_DIGITS]}"

    def _word(self, word: str) -> str:
        """A word, or each end of a range, in which a name stands, as in ``refs/heads/topic`` or a path."""
        first, *more = _RANGE.split(word, maxsplit=1)
        if more:
            dots, second = more
            return f"{self._word(first)}{dots}{self._word(second)}"
        bare = word.strip(_AROUND).removesuffix(_LOCK)
        if not bare:
            return word
        before, _, after = word.partition(bare)
        return f"{before}{'/'.join(self._steps(bare.split('/')))}{after}"

    def _steps(self, steps: list[str]) -> list[str]:
        """What stands between slashes; the longest name in it counts."""
        for length in range(min(self._longest, len(steps)), 0, -1):
            for begin in range(len(steps) - length + 1):
                end = begin + length
                if (name := "/".join(steps[begin:end])) in self._of:
                    return [*self._steps(steps[:begin]), self._of[name], *self._steps(steps[end:])]
        return steps
