"""Examples in the documentation, as they stand there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """One fenced block."""

    document: str
    line: int
    text: str


def examples(document: str, language: str) -> Iterator[Example]:
    """The blocks of one language, in their order."""
    written = (ROOT / document).read_text()
    for found in _BLOCK.finditer(written):
        if found["language"] == language:
            yield Example(document, written.count("\n", 0, found.start("text")) + 1, found["text"])
