from dataclasses import replace

from msgspec.structs import replace as with_

from support.pages import STATUS, VIEW, reading


def test_health_is_told_in_words() -> None:
    page = reading()
    for words in (
        "warnings as of 2026-01-12 12:00:00 UTC",
        "degraded",
        "CPU 91 %, memory unknown, disk / 12 %",
        "cpu 91 % above 80 %",
        "divergence of lib: no such folder",
        "host of the host: no /proc",
    ):
        assert words in page.text
    app, lib = page.table("Repositories").rows
    assert app == {
        "Repository": "app",
        "Health": "✓optimal",
        "Alignments": "✓idle",
        "Branches": "1 merged1 clean1 conflicting1 behind1 unknown",
        "Findings": "forecast: 2 merges tried, 1 to goforecast: 1 merges could not be tried: too slow",
    }
    assert (lib["Health"], lib["Branches"], lib["Findings"]) == (
        "✕unreachable",
        "?unknown",
        "/srv/lib does not exist",
    )


def test_a_repository_that_is_away_has_one_line_though_all_its_probes_fail() -> None:
    (away, _) = STATUS.failing_probes
    failing = (away, with_(away, probe="fsck"), with_(away, probe="repository", error="gone"))
    page = reading(replace(VIEW, status=with_(STATUS, failing_probes=failing)))
    assert "divergence, fsck of lib: no such folder" in page.text
    assert "repository of lib: gone" in page.text


def test_a_state_leads_to_its_branches() -> None:
    page = reading()
    assert reading(query=page.links["1 behind"].partition("?")[2].partition("#")[0]).table("All 1").column(
        "Branch"
    ) == ["fix"]


def test_a_repository_without_branches_has_no_bar() -> None:
    empty = with_(STATUS, repositories=(with_(STATUS.repositories[0], branches={}),))
    page = reading(replace(VIEW, status=empty))
    assert page.table("Repositories").column("Branches") == [""]


def test_what_is_well_needs_few_words() -> None:
    quiet = with_(STATUS, failing_probes=(), repositories=(), host=with_(STATUS.host, findings=()))
    page = reading(replace(VIEW, status=quiet))
    assert "Probes that failed" not in page.text
    assert "Repositories" not in [table.caption for table in page.tables]
