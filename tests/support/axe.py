"""axe-core: what keeps people with a screen reader, a keyboard or weak eyes from using a page."""

import base64
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from alignwatch.files import write_atomically
from alignwatch.stack.servers import cache_dir

_VERSION = "4.14.1"
_TARBALL_SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
"""As npm publishes it under ``dist.integrity``."""
_DEADLINE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that a page breaks."""

    rule: str
    impact: str
    """``minor``, ``moderate``, ``serious`` or ``critical``."""
    help: str
    targets: tuple[str, ...]
    """The elements that break it: what axe-core says of each."""


def violations(page: Page) -> list[Violation]:
    """All rules that the page breaks as it is shown now: WCAG 2 A and AA, and best practice."""
    page.evaluate(script())
    results = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        Violation(
            rule=one["id"],
            impact=one["impact"],
            help=one["help"],
            targets=tuple(f"{node['html']}: {node['failureSummary']}" for node in one["nodes"]),
        )
        for one in results["violations"]
    ]


def script() -> str:
    """The library; got once from npm, until somebody removes it."""
    kept = cache_dir().with_name("axe-core") / f"{_VERSION}.js"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(kept, _from_npm())
    return kept.read_text()


def _from_npm() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        # What pip puts beside Python has npm for itself.
        search = os.pathsep.join([os.fspath(Path(sys.executable).parent), os.environ["PATH"]])
        subprocess.run(
            ["npm", "pack", "--silent", f"--pack-destination={folder}", f"axe-core@{_VERSION}"],
            env={**os.environ, "PATH": search},
            stdout=subprocess.DEVNULL,
            timeout=_DEADLINE_SECONDS,
            check=True,
        )
        tarball = Path(folder) / f"axe-core-{_VERSION}.tgz"
        digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
        assert digest == _TARBALL_SHA512, f"{tarball.name} is not what it was"
        with tarfile.open(tarball) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            return member.read()
