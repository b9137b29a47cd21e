"""Gets the servers and tools that the tests need and this machine lacks; prints a folder for PATH."""

import sys

from alignwatch.stack.packages import bin_dir
from alignwatch.stack.servers import ALERTMANAGER, AMTOOL, PROMETHEUS, PROMTOOL, cache_dir, provide

NEEDED = (PROMETHEUS, ALERTMANAGER, PROMTOOL, AMTOOL)

if __name__ == "__main__":
    found = provide(NEEDED, download=True, say=lambda text: print(text, file=sys.stderr))
    if len(found) < len(NEEDED):
        sys.exit(1)
    print(bin_dir(cache_dir()))
