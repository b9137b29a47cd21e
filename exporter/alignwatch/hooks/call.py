"""Calls a function that another package offers as a hook, with the event on standard input.

The package names it as an entry point of the group ``alignwatch.hooks``; it takes the event as a ``dict``.
"""

import sys
from importlib.metadata import entry_points

import msgspec

GROUP = "alignwatch.hooks"


def main() -> int:
    """Calls it; an exception of its own is its own, with its traceback in the log."""
    (name,) = sys.argv[1:]
    found = entry_points(group=GROUP, name=name)
    if not found:
        print(f"no installed package has an entry point {name!r} in the group {GROUP}", file=sys.stderr)
        return 2
    (function,) = (one.load() for one in tuple(found)[:1])
    function(msgspec.json.decode(sys.stdin.buffer.read()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
