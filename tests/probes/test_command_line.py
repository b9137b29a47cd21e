import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignwatch.probes.command_line import program_name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("/usr/bin/align-branches --all", "align-branches"),
        ("vim align.py", "vim"),
        ("less /var/log/align.log", "less"),
        ("-bash", "bash"),
        ("python3 align.py", "align.py"),
        ("/venv/bin/python3.11 -u -W ignore -X dev /srv/tools/align.py main", "align.py"),
        ("python -Wignore -bb align.py", "align.py"),
        ("python -m tools.align main", "tools.align"),
        ("python -um tools.align", "tools.align"),
        ("python -c pass align", "python"),
        ("python -", "python"),
        ("python", "python"),
        ("python -m pytest tests/test_align.py", "pytest"),
        ("pypy3 -O align.py", "align.py"),
        ("bash -e -o pipefail ./align.sh", "align.sh"),
        ("bash +o history --noprofile align.sh", "align.sh"),
        ("sh -ec align", "sh"),
        ("bash -s align", "bash"),
        ("dash -- align.sh", "align.sh"),
        ("node --enable-source-maps -r dotenv align.js", "align.js"),
        ("nodejs -e 0 align", "nodejs"),
        ("perl -w -I lib align.pl", "align.pl"),
        ("perl5.36 -ne print align", "perl5.36"),
        ("ruby -r json align.rb", "align.rb"),
        ("/opt/align/bin/python report.py", "report.py"),
        ("", ""),
    ],
)
def test_a_process_is_named_by_what_it_runs(line: str, name: str) -> None:
    assert program_name(line.split()) == name


@given(
    st.sampled_from(["python", "bash", "node", "perl", "ruby", ""]),
    st.lists(st.text() | st.sampled_from(["-c", "-m", "-", "--", "-o"])),
)
def test_no_command_line_makes_it_fail(program: str, arguments: list[str]) -> None:
    program_name([program, *arguments])
