import runpy
from pathlib import Path

GENERATOR = Path(__file__).resolve().parent.parent / "docs" / "generate.py"


def test_every_generated_file_is_up_to_date() -> None:
    assert runpy.run_path(str(GENERATOR))["stale"]() == [], "run: make docs"
