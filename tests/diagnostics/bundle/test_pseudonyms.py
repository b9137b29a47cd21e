"""Names of branches become pseudonyms wherever they stand; the same name always the same one."""

import stat
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from alignwatch.diagnostics.bundle.names import Pseudonyms, pseudonym_key

KEY = b"k"


def test_each_has_its_own_and_the_key_makes_them() -> None:
    names = Pseudonyms(("topic/one", "topic/two"), KEY)
    one, two = names.text("topic/one topic/two").split()
    assert one != two
    assert names.text("topic/one") == one
    assert Pseudonyms(("topic/one",), b"other").text("topic/one") != one


def test_what_is_no_name_and_what_everybody_calls_a_branch_stay() -> None:
    text = "main master topic/one-more topic onetopic/one"
    assert Pseudonyms(("main", "master", "topic/one"), KEY).text(text) == text


def test_names_within_names_and_ranges() -> None:
    names = Pseudonyms(("a", "a/b", "x.y"), KEY)
    short, long, dotted = (names.text(name) for name in ("a", "a/b", "x.y"))
    assert names.text("refs/heads/a/b..a ^x.y (a)") == f"refs/heads/{long}..{short} ^{dotted} ({short})"
    assert names.text("/srv/a/b/c/a/x.y/z") == f"/srv/{long}/c/{short}/{dotted}/z"
    assert names.text("branch 'a/b', a/b~3 and a/b@{1}.") == f"branch '{long}', {long}~3 and {long}@{{1}}."


@given(st.from_regex(r"[A-Za-z\"',;=(){}<>|#%&$!]{3,12}[0-9]{4}", fullmatch=True))
def test_a_name_of_any_characters_goes(name: str) -> None:
    told = Pseudonyms((name,), KEY).text(f'at {name} and refs/heads/{name} and "{name}".')
    assert name not in told


def test_the_key_is_kept_for_oneself(tmp_path: Path) -> None:
    state = tmp_path / "state"
    key = pseudonym_key(state)
    assert key == pseudonym_key(state)
    (file,) = state.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (tmp_path / "file").write_text("no folder")
    assert pseudonym_key(tmp_path / "file") != pseudonym_key(tmp_path / "file")
