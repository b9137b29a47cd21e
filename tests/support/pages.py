"""The exporter's page: something to show on it, and what a reader finds on it."""

import gzip
from dataclasses import dataclass

from alignwatch.branches import BranchList, Row
from alignwatch.events import EventList, EventRow
from alignwatch.journal.deliveries import Delivery, SentAlert
from alignwatch.journal.maintenance import LatestRun, MaintenanceReading
from alignwatch.journal.newest import NewestOperation
from alignwatch.journal.outbox import Outbox
from alignwatch.journal.reading import JournalReading
from alignwatch.journal.running import Running
from alignwatch.settings import Repository, Settings
from alignwatch.snapshot import Author, BranchState
from alignwatch.status import FailingProbe, ForecastProgress, HostStatus, RepositoryStatus, Status
from alignwatch.web.answer import Answer, Headers, Question
from alignwatch.web.page.document import answer_page
from alignwatch.web.page.view import View
from support.markup import Element, Markup

NOW = 1_768_219_200.0
"""2026-01-12T12:00:00Z"""
HOSTILE = "<script>alert(1)</script>\"'{{7*7}}&\u202e"
SHOWN_HOSTILE = HOSTILE.replace("\u202e", "\\u202e")


def row(
    name: str,
    state: BranchState,
    ahead: int | None = 1,
    behind: int | None = 2,
    **more: int | str | Author | None,
) -> Row:
    """A branch of ``app``, or of another repository."""
    known = {"repository": "app", "tip_time": "2026-01-10T12:00:00Z", "family": name.split("/")[0], **more}
    return Row(
        branch=name,
        target="main",
        state=state,
        ahead=ahead,
        behind=behind,
        tip="1" * 40,
        merge_base_time=None,
        **{"conflict_files": None, **known},  # type: ignore[arg-type]
    )


ROWS = (
    row("bolt/a", BranchState.CONFLICTING, 3, 40, conflict_files=7, unsaved=3),
    row("bolt/b", BranchState.CLEAN, 5, 9, conflict_files=0),
    row("main", BranchState.MERGED, 0, 0, conflict_files=0, unsaved=0),
    row("fix", BranchState.BEHIND, 2, 120, author=Author.BOT, tip_time="2025-11-12T12:00:00Z"),
    row("lost", BranchState.UNKNOWN, None, None, tip_time=None),
    row("topic", BranchState.ALIGNED, 2, 0, repository="lib"),
)
STATUS = Status(
    time="2026-01-12T12:00:00Z",
    verdict="warnings",
    host=HostStatus(
        health="degraded",
        cpu_percent=91.0,
        memory_percent=None,
        disk_percent={"/": 12.0},
        findings=("cpu 91 % above 80 %",),
    ),
    repositories=(
        RepositoryStatus(
            repository="app",
            health="optimal",
            processes="idle",
            branches={"merged": 1, "clean": 1, "conflicting": 1, "behind": 1, "unknown": 1},
            forecast=ForecastProgress(done=2, pending=1, failed=1, problem="too slow"),
            collisions=None,
            findings=(),
        ),
        RepositoryStatus(
            repository="lib",
            health="unreachable",
            processes="unknown",
            branches=None,
            forecast=None,
            collisions=None,
            findings=("/srv/lib does not exist",),
        ),
    ),
    failing_probes=(
        FailingProbe(probe="divergence", repository="lib", reason="missing", error="no such folder"),
        FailingProbe(probe="host", repository=None, reason="internal", error="no /proc"),
    ),
)


def ended(claim: str | None, outcome: str = "success", branch: str = "bolt/a") -> NewestOperation:
    """An operation on ``app``."""
    return NewestOperation("app", "rebase", "main", outcome, "id", NOW - 3600, 0.42, branch, claim)


JOURNAL = JournalReading(
    (),
    (),
    (),
    6,
    running=(Running("r", "app", "merge", "fix", "main", NOW - 300, "trace2", None),),
    newest=(
        ended("confirmed"),
        ended("open", "not_needed"),
        ended("not_contained"),
        ended("unknown"),
        ended(None, "conflict"),
        NewestOperation("formerly", "am", "main", "failed", "id", NOW, 1.0, "gone", None),
    ),
    maintenance=MaintenanceReading(
        timings={},
        registered={"log_rotation": NOW - 86400},
        totals=(),
        latest=(LatestRun("log_rotation", "", NOW - 36000, NOW - 35990, 10.0, 0),),
        running=(),
    ),
    outbox=Outbox(2, NOW - 600),
    sent=(
        Delivery(
            "people",
            SentAlert(
                "firing", {"alertname": "AlignmentRepositoryLockOld", "severity": "warning"}, NOW, None
            ),
            NOW - 120,
            NOW - 120,
            1,
        ),
    ),
)
EVENT = EventRow(
    repository="app",
    event="lost_lines",
    branch="main",
    tip_before=None,
    tip_after="2" * 40,
    commit="2" * 40,
    paths=("a", "b"),
    path_count=9,
    detail="412 lines are gone",
    seen="2026-01-12T10:00:00Z",
)
VIEW = View(
    settings=Settings(repositories=(Repository(path="/srv/app"), Repository(path="/srv/lib"))),
    taken=NOW,
    status=STATUS,
    branches=BranchList.of(ROWS),
    events=EventList.of((EVENT,)),
    journal=JOURNAL,
)


def answer(view: View = VIEW, query: str = "", **headers: str) -> Answer:
    """The answer to one request; ``accept_encoding`` is Accept-Encoding."""
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return answer_page(view, Question(Headers(lines), query))


def reading(view: View = VIEW, query: str = "") -> "Reader":
    """The page as a person reads it."""
    return Reader(answer(view, query).body)


@dataclass(frozen=True)
class Table:
    """One table."""

    caption: str
    sorts: dict[str, str]
    """Column header -> ``aria-sort``, where there is one."""
    rows: list[dict[str, str]]
    """By column label."""

    def column(self, label: str) -> list[str]:
        """What stands under a label."""
        return [one[label] for one in self.rows]


class Reader(Markup):
    """The exporter's page as it is sent, with what tests ask of it; nothing on it may come from elsewhere."""

    def __init__(self, page: bytes) -> None:
        super().__init__(gzip.decompress(page).decode() if page[:2] == b"\x1f\x8b" else page.decode())
        assert self.from_elsewhere == []

    @property
    def links(self) -> dict[str, str]:
        """Text -> address."""
        return {one.text: one.attributes["href"] for one in self.all("a")}

    @property
    def options(self) -> dict[str, list[str]]:
        """Name of a choice -> its values."""
        return {
            choice.attributes["name"]: [one.attributes["value"] for one in choice.all("option")]
            for choice in self.all("select")
        }

    @property
    def tables(self) -> list[Table]:
        """All, in their order."""
        return [_table(one) for one in self.all("table")]

    def table(self, caption: str) -> Table:
        """The table whose caption begins so."""
        (found,) = [one for one in self.tables if one.caption.startswith(caption)]
        return found


def _table(table: Element) -> Table:
    (caption,) = table.all("caption")
    labelled = "data-label"
    return Table(
        caption=caption.text,
        sorts={
            one.text: one.attributes["aria-sort"] for one in table.all("th") if "aria-sort" in one.attributes
        },
        rows=[
            {cell.attributes[labelled]: cell.text for cell in row.holds if labelled in cell.attributes}
            for row in table.all("tr")
            if "tbody" in row.inside
        ],
    )
