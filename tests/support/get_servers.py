"""Gets the servers and tools that the tests need and this machine lacks; prints a folder for PATH.

With ``--newest`` it gets the newest ones that Debian has, whatever this machine has. The rule pack and what
Alertmanager is given have to hold on those of Debian 12 and on these.
"""

import os
import sys
import tempfile
from pathlib import Path

from alignwatch.errors import AlignwatchError
from alignwatch.stack.packages import bin_dir, unpack
from alignwatch.stack.servers import ALERTMANAGER, AMTOOL, PROMETHEUS, PROMTOOL, cache_dir, provide

NEEDED = (PROMETHEUS, ALERTMANAGER, PROMTOOL, AMTOOL)

_NEWEST = """\
Types: deb
URIs: http://deb.debian.org/debian
Suites: sid
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


def say(text: str) -> None:
    """Tells a person what goes on; standard output is for the folder."""
    print(text, file=sys.stderr)


def missing() -> Path:
    """The folder with those that this machine lacks."""
    if len(provide(NEEDED, download=True, say=say)) < len(NEEDED):
        sys.exit(1)
    return bin_dir(cache_dir())


def newest() -> Path:
    """The folder with the newest; got once, until somebody removes it."""
    cache = cache_dir().with_name("newest-servers")
    wanted = [executable for program in NEEDED for executable in program.executables[:1]]
    if all((bin_dir(cache) / executable).exists() for executable in wanted):
        return bin_dir(cache)
    say(f"getting Debian's newest servers, unpacked into {cache}, nothing is installed")
    with tempfile.TemporaryDirectory() as folder:
        sources, configuration = Path(folder) / "newest.sources", Path(folder) / "apt.conf"
        sources.write_text(_NEWEST)
        configuration.write_text(f'Dir::Etc::SourceList "/dev/null";\nDir::Etc::SourceParts "{folder}";\n')
        os.environ["APT_CONFIG"] = os.fspath(configuration)
        try:
            unpack([program.packages for program in NEEDED], cache)
        except AlignwatchError as error:
            say(str(error))
            sys.exit(1)
    return bin_dir(cache)


if __name__ == "__main__":
    print(newest() if sys.argv[1:] == ["--newest"] else missing())
