"""Gets what the tests in a browser need and this machine lacks: Chromium from Debian, axe-core from npm.

Chromium is the one program that is installed: it needs some hundred libraries, which cannot just be unpacked.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support.axe import script
from support.browser import executable

_PATIENT = ("-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=3")
"""A machine that has just started may be upgrading itself."""
_UPDATE = ("apt-get", "update", "--quiet", *_PATIENT)
_INSTALL = ("apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *_PATIENT, "chromium")
_ATTEMPTS = 3


def install() -> None:
    """Installs Chromium.

    Raises:
        SystemExit: no leave to, no Debian, or no network; its text is the remedy.
    """
    if shutil.which("apt-get") is None:
        sys.exit("the tests need Chromium, and this is no Debian: put chromium or google-chrome on PATH")
    if os.geteuid() != 0:
        sys.exit(f"the tests need Chromium, which only root can install; run: sudo {' '.join(_INSTALL)}")
    print("installing Chromium from Debian", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for _ in range(_ATTEMPTS):
        for command in (_UPDATE, _INSTALL):
            done = subprocess.run(command, env=environment, stdout=sys.stderr, check=False)
        if done.returncode == 0:
            return
    sys.exit("the tests need Chromium, and apt-get cannot install it, for the reason above")


if __name__ == "__main__":
    if executable() is None:
        install()
    script()
