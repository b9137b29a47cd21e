"""What the sections say where there is much, little, or nothing."""

from dataclasses import replace

from alignwatch.journal.singles import Single, Singles
from alignwatch.report.activations import Activation
from alignwatch.report.alerts import Story
from alignwatch.report.branch_states import RepositoryBranches
from alignwatch.report.contents import document
from alignwatch.report.document import Charts, Document, Moment, Name, Paragraph, Table, Word
from alignwatch.report.kinds import Kind, Spread
from alignwatch.report.moments import Timeline
from alignwatch.report.review import Review
from alignwatch.report.singles import SingleOperations
from alignwatch.report.terminal import terminal
from alignwatch.report.upkeep import TaskReport
from support.standings import ALERT, NOTHING, review, standing


def tables(found: Document, section: str) -> list[Table]:
    return [one for one in _blocks(found, section) if isinstance(one, Table)]


def said(found: Document, section: str) -> list[object]:
    return [one.text for one in _blocks(found, section) if isinstance(one, Paragraph)]


def _blocks(found: Document, section: str) -> list[object]:
    return [block for one in found.sections if one.name == section for block in one.blocks]


def told(one: Review) -> Document:
    """The document, which can be told in any case."""
    found = document(one)
    assert terminal(found, 80, colours=True)
    return found


def test_of_fifty_repositories_all_are_listed_and_the_largest_are_drawn() -> None:
    many = [
        RepositoryBranches(f"r{number}", {"merged": number}, None, Timeline((1.0,), {"merged": (number,)}))
        for number in range(50)
    ]
    found = told(review(replace(standing(), branches=many)))
    assert len(tables(found, "branches")[0].rows) == 50
    (charts,) = [one for one in _blocks(found, "branches") if isinstance(one, Charts)]
    assert charts.charts[0].says.endswith("At the end: 49 merged.")
    assert len(charts.charts) == 6
    assert "Drawn are the 6 repositories with the most branches." in said(found, "branches")


def test_branches_that_are_not_known_now() -> None:
    gone = RepositoryBranches("app", None, {"merged": 3}, NOTHING)
    here = RepositoryBranches("lib", {"merged": 3, "clean": 1}, {"merged": 5}, NOTHING)
    (table,) = tables(told(review(replace(standing(), branches=[gone, here]))), "branches")
    assert table.rows == [
        [Name("app"), "unknown", "unknown", "unknown"],
        [Name("lib"), "3 (\N{MINUS SIGN}2)", "1 (+1)", "4 (\N{MINUS SIGN}1)"],
    ]


def story(number: int, severity: str = "warning") -> Story:
    labels = {"alertname": "AlignmentX", "severity": severity, "number": str(number)}
    activation = Activation(labels, started=number, fired=number, last_seen=number + 60, newest=False)
    return Story(ALERT, activation, (), True, "what to do")


def test_of_many_alerts_the_newest_are_told() -> None:
    stories = [story(number) for number in range(41)]
    found = told(review(replace(standing(), stories=stories)))
    kinds, newest = tables(found, "alerts")
    assert (kinds.rows[0][2], len(newest.rows)) == ("41", 40)
    assert "1 older one is in the JSON report." in said(found, "alerts")
    assert newest.rows[0][1] == [Name("m"), Name("what to do")]
    assert newest.rows[0][4] == "nobody"


def test_no_alert_is_good_news_where_rules_are_evaluated() -> None:
    assert said(told(review(standing())), "alerts") == ["None fired in this window."]


def test_maintenance_of_which_little_is_known() -> None:
    task = TaskReport("t", "e", None, None, None, None, None, None, None, None)
    (table,) = tables(told(review(replace(standing(), tasks=[task]))), "maintenance")
    nothing = Moment(None)
    unknown = "unknown"
    assert table.rows == [
        [Name("t"), Name("e"), Name(unknown), nothing, unknown, nothing, unknown, unknown],
    ]


def test_without_operations() -> None:
    none = replace(standing(operations={"total_executed": 0}), kinds=[])
    assert said(told(review(none)), "operations") == ["There were none."]


def test_operations_of_which_no_speed_is_known() -> None:
    nothing = Spread(0, None, None, None)
    cancelled = Kind("app", "merge", {"cancelled": 2}, nothing, None, None)
    (table,) = tables(told(review(replace(standing(), kinds=[cancelled]))), "operations")
    dash = "\N{EN DASH}"
    assert table.rows == [
        [Name("merge"), Name("app"), "2", "0", "0", dash, dash, dash, "unknown", "none"],
    ]


def test_single_operations_that_git_does_not_confirm() -> None:
    one = Single("app", "rebase", "", "", "success", 0.0, 60.0, 60.0, 0.0, "not_contained")
    known = SingleOperations(Singles(1.5, (one,), ()), "here:9847", ("there:9847",))
    found = told(review(standing(), singles=known))
    (table,) = tables(found, "singles")
    assert table.rows[0][2:5] == ["unknown", "unknown", Word("unverified: not contained", "bad")]
    assert [
        "The newest that failed, met a conflict, or that git does not confirm: none.",
        Name("From the journal of the exporter here:9847. Those of there:9847 are not among them."),
    ] == said(found, "singles")


def test_what_is_missing_is_told() -> None:
    assert "What is missing" in terminal(told(review(standing(), missing=("no answer",))), 80, colours=False)
