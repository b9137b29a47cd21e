from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.probes.pressure import parse_pressure, read_pressure

CPU = "some avg10=0.94 avg60=1.37 avg300=0.47 total=9482308\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"


def test_the_total_of_the_some_line_is_given_in_seconds() -> None:
    assert parse_pressure(CPU) == pytest.approx(9.482308)


@given(st.integers(min_value=0, max_value=2**63))
def test_every_total_survives(microseconds: int) -> None:
    assert parse_pressure(f"full total=1\nsome avg10=0.00 total={microseconds}\n") == microseconds / 1e6


@pytest.mark.parametrize("text", ["", "full avg10=0.00 total=5\n", "some avg10=0.00\n", "some total=many\n"])
def test_no_total_is_unknown(text: str) -> None:
    assert parse_pressure(text) is None


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    parse_pressure(text)


def test_what_the_kernel_does_not_tell_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "cpu").write_text(CPU)
    (tmp_path / "memory").mkdir()  # cannot be read, as with psi=0
    assert read_pressure(tmp_path) == {"cpu": pytest.approx(9.482308)}


def test_a_kernel_without_pressure_gives_nothing(tmp_path: Path) -> None:
    assert read_pressure(tmp_path / "absent") == {}
