import json
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs

from PIL import Image

from grafana.preview.shoot import HERE, KEPT_PHONE, KEPT_WIDE, ROOT, View, keep, read_dashboards, serving


def test_an_address_says_what_to_draw_whatever_the_values_are() -> None:
    view = View("alignwatch-branches", "dark", "wide", True, {"branch": "fix/a&b=<c>"})

    assert parse_qs(view.query("http://127.0.0.1:9090")) == {
        "dashboard": ["alignwatch-branches"],
        "theme": ["dark"],
        "prometheus": ["http://127.0.0.1:9090"],
        "scrape": ["300"],
        "open": ["1"],
        "var-branch": ["fix/a&b=<c>"],
    }


def test_files_are_served(tmp_path: Path) -> None:
    (tmp_path / "dashboards.json").write_text("[]")

    with serving(tmp_path) as site, urllib.request.urlopen(f"{site}/dashboards.json") as answer:
        assert answer.read() == b"[]"


def test_the_documentation_shows_every_dashboard_small(tmp_path: Path) -> None:
    uids = {dashboard["uid"] for dashboard in read_dashboards(ROOT / "grafana" / "dashboards")}
    for names in (KEPT_WIDE, KEPT_PHONE):
        assert {name.rpartition("-")[0] for name in names} == uids
    for name in KEPT_WIDE:
        Image.effect_noise((160, 90), 50).convert("RGB").save(tmp_path / f"{name}-wide.png")
    for name in KEPT_PHONE:
        Image.new("RGB", (400, 3000), "navy").save(tmp_path / f"{name}-phone.png")

    keep(tmp_path, tmp_path / "kept")

    kept = {path.name: path for path in (tmp_path / "kept").iterdir()}
    assert kept.keys() == {f"{name}.png" for name in KEPT_WIDE} | {"dashboards-phone.png"}
    for name in KEPT_WIDE:
        assert kept[f"{name}.png"].stat().st_size < (tmp_path / f"{name}-wide.png").stat().st_size


def test_npm_packages_are_pinned_and_come_from_wherever_npm_gets_them() -> None:
    package = json.loads((HERE / "package.json").read_text())
    lock = json.loads((HERE / "package-lock.json").read_text())

    assert lock["packages"][""]["dependencies"] == package["dependencies"]
    assert all(version[0].isdigit() for version in package["dependencies"].values())
    for name, entry in lock["packages"].items():
        if name:
            assert "integrity" in entry, name
            assert "resolved" not in entry, name
