"""Pictures of the dashboards, drawn by Grafana's front-end packages on a fleet's history.

    python tests/grafana/preview/shoot.py --only alignwatch-branches --theme dark --var branch=bolt/4

npm puts the packages into the cache folder; none is shipped. What Grafana's server and application do beyond
them is in ``src``, so this shows how a dashboard looks, and is no test that Grafana takes it.
"""

import argparse
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, Page

if __name__ == "__main__":
    sys.path.insert(0, os.fspath(Path(__file__).resolve().parents[2]))

from alignwatch.stack.servers import cache_dir
from support.browser import Scheme, chromium, window
from support.fleet_history import STEP, Fleet
from support.servers import prometheus

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
WIDTHS = {"wide": 1600, "phone": 400}
KEPT_WIDE = ("alignwatch-overview-dark", "alignwatch-branches-light", "alignwatch-operations-dark")
KEPT_PHONE = ("alignwatch-overview-light", "alignwatch-branches-dark", "alignwatch-operations-light")
"""Which pictures the documentation shows."""
_GAP = 20
_HEIGHT = 900
_PHONE_HEIGHT = 1800
_PATIENCE_MS = 120_000
_READY = """() => {
  const { complete, panels } = window.preview?.() ?? { complete: false };
  const contents = [...document.querySelectorAll('[data-testid="data-testid panel content"]')];
  return complete && contents.filter((content) => content.innerHTML).length >= panels.length;
}"""
_SETTLE_MS = 1_500
"""What charts take to be painted once they are there."""


@dataclass(frozen=True, slots=True)
class Past:
    """A Prometheus that holds history."""

    url: str
    end: int
    """What is now to the dashboards: seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class View:
    """One picture to be taken."""

    uid: str
    theme: Scheme
    form: str
    """A key of :data:`WIDTHS`."""
    open_rows: bool = False
    variables: Mapping[str, str] | None = None
    """Values of the dashboard's variables; the others have what its JSON says."""

    @property
    def name(self) -> str:
        """Of the file, without ending."""
        return f"{self.uid}-{self.theme}-{self.form}"

    def query(self, prometheus_url: str) -> str:
        """What the page's address ends with."""
        values = {f"var-{name}": value for name, value in (self.variables or {}).items()}
        opened = {"open": "1"} if self.open_rows else {}
        shown = {"dashboard": self.uid, "theme": self.theme, "prometheus": prometheus_url, "scrape": STEP}
        return urlencode({**shown, **opened, **values})


def installed() -> Path:
    """The folder of the npm packages that ``package-lock.json`` names; got once."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = cache_dir().with_name("preview") / hashlib.sha256(lock).hexdigest()[:16]
    packages = folder / "node_modules"
    if not (folder / "complete").exists():
        print(f"getting Grafana's front-end packages from npm into {folder} (700 MB)", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        _node("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
        (folder / "complete").touch()
    return packages


def bundle(packages: Path, dashboards: list[dict[str, Any]], into: Path) -> None:
    """Makes the folder that a browser needs, with the dashboards in it."""
    _node("node", os.fspath(HERE / "build.mjs"), os.fspath(into), cwd=HERE, NODE_PATH=os.fspath(packages))
    (into / "dashboards.json").write_text(json.dumps(dashboards))


def _node(*command: str, cwd: Path, **environment: str) -> None:
    # What pip puts beside Python is there where the machine has no Node.js.
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), os.fspath(Path(sys.executable).parent)])
    subprocess.run(command, cwd=cwd, env={**os.environ, "PATH": search, **environment}, check=True)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server of the folder's files."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

    handler = partial(Handler, directory=os.fspath(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def shoot(browser: Browser, site: str, past: Past, view: View, into: Path) -> list[str]:
    """Takes a picture of the whole page, as it was when the history ended.

    Returns:
        What is amiss, one line each: panels that show an error or no data, and errors of the page itself.
    """
    amiss: list[str] = []
    with window(browser, width=WIDTHS[view.form], height=_HEIGHT, scheme=view.theme) as page:
        page.on("pageerror", lambda error: amiss.append(f"{view.name}: {error}"))
        page.clock.set_fixed_time(past.end)
        page.goto(f"{site}/?{view.query(past.url)}")
        page.wait_for_function(_READY, timeout=_PATIENCE_MS)
        page.wait_for_load_state("networkidle")
        # Tables paint what is in sight only.
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": WIDTHS[view.form], "height": height})
        page.wait_for_timeout(_SETTLE_MS)
        page.screenshot(path=into / f"{view.name}.png", full_page=True)
        return amiss + [f"{view.name}: {line}" for line in complaints(page)]


def complaints(page: Page) -> list[str]:
    """The panels of an open page that show an error or no data."""
    panels = page.evaluate("window.preview().panels")
    return [
        f"{panel['title']}: {panel['error'] or 'no data'}"
        for panel in panels
        if panel["error"] or panel["empty"]
    ]


def keep(pictures: Path, into: Path) -> None:
    """Makes of the pictures the small ones that the documentation shows."""
    into.mkdir(parents=True, exist_ok=True)
    for name in KEPT_WIDE:
        with Image.open(pictures / f"{name}-wide.png") as picture:
            _save_small(picture, into / f"{name}.png")
    phones = [Image.open(pictures / f"{name}-phone.png").convert("RGB") for name in KEPT_PHONE]
    beside = Image.new("RGB", (len(phones) * (WIDTHS["phone"] + _GAP) - _GAP, _PHONE_HEIGHT), "white")
    for index, phone in enumerate(phones):
        beside.paste(phone.crop((0, 0, phone.width, _PHONE_HEIGHT)), (index * (WIDTHS["phone"] + _GAP), 0))
    _save_small(beside, into / "dashboards-phone.png")


def _save_small(picture: Image.Image, path: Path) -> None:
    """With a palette; of the ways to choose one this keeps the colours of thin lines."""
    kept = picture.convert("RGB").quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    kept.save(path, optimize=True)


def read_dashboards(folder: Path) -> list[dict[str, Any]]:
    """The dashboards of a folder, by file name."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


@contextmanager
def history(repositories: int, days: float) -> Iterator[Past]:
    """Days of a fleet; nothing at all if there are no days."""
    end = int(time.time())
    with tempfile.TemporaryDirectory() as folder:
        if days:
            Fleet(repositories, days, Path(folder), end).write()
        with prometheus(Path(folder)) as server:
            yield Past(server.url, end)


def main() -> None:
    """Takes the pictures that the arguments ask for and says what is amiss in them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dashboards", type=Path, default=ROOT / "grafana" / "dashboards", metavar="DIR")
    parser.add_argument("--into", type=Path, default=ROOT / "dist" / "dashboards", metavar="DIR")
    parser.add_argument("--repositories", type=int, default=5, help="of the fleet (default: %(default)s)")
    parser.add_argument("--days", type=float, default=2, help="of history; 0 for none (default: %(default)s)")
    parser.add_argument("--prometheus", metavar="URL", help="one that runs, instead of a fleet's history")
    parser.add_argument("--end", type=int, default=int(time.time()), help="what is now to it (default: now)")
    parser.add_argument("--only", metavar="UID", help="of the one dashboard to be drawn")
    parser.add_argument("--theme", choices=get_args(Scheme), help="the one to be drawn in")
    parser.add_argument("--form", choices=WIDTHS, help="the one to be drawn in")
    parser.add_argument("--open", action="store_true", help="open every row")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="put the small ones of the documentation there"
    )
    parser.add_argument("--var", action="append", default=[], metavar="NAME=VALUE", help="of a variable")
    arguments = parser.parse_args()

    dashboards = read_dashboards(arguments.dashboards)
    views = [
        View(
            dashboard["uid"], theme, form, arguments.open, dict(pair.split("=", 1) for pair in arguments.var)
        )
        for dashboard in dashboards
        if arguments.only in (None, dashboard["uid"])
        for theme in get_args(Scheme)
        if arguments.theme in (None, theme)
        for form in WIDTHS
        if arguments.form in (None, form)
    ]
    arguments.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        bundle(installed(), dashboards, Path(folder))
        with (
            serving(Path(folder)) as site,
            _past(arguments) as past,
            chromium() as browser,
        ):
            for view in views:
                for line in shoot(browser, site, past, view, arguments.into):
                    print(line, file=sys.stderr)
                print(arguments.into / f"{view.name}.png")
    if arguments.keep:
        keep(arguments.into, arguments.keep)


@contextmanager
def _past(arguments: argparse.Namespace) -> Iterator[Past]:
    if arguments.prometheus:
        yield Past(arguments.prometheus, arguments.end)
    else:
        with history(arguments.repositories, arguments.days) as past:
            yield past


if __name__ == "__main__":
    main()
