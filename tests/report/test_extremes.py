"""The report's figures of operations against what the journal itself held at the scrapes."""

import random
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from alignwatch.journal.store import Journal
from alignwatch.metrics.journal_families import journal_families
from alignwatch.operation import SUCCESSFUL, Kind, Operation, Outcome
from alignwatch.report.performance import performance_metrics
from alignwatch.report.window import Window
from alignwatch.settings import Repository
from support.history import History
from support.journals import operation
from support.reports import prometheus_holding

END = 1_768_219_200.0
EVERY = 15
LIFE = 1800
SLIDING = 300
REPOSITORIES = [Repository(path="/srv/app")]
SHOWN = (
    "_count",
    "_sum",
    "_seconds",
    "_bytes",
    "_operations",
    "unverified_total",
    "journal_success",
    "_timestamp_seconds",
)


@dataclass
class Seen:
    """An operation that a scrape saw, and when one saw that git does not confirm it."""

    operation: Operation
    scrape: float
    refused: float | None = None


@dataclass
class Life:
    """An exporter and its journal, from the first scrape to the last; time is made up."""

    folder: Path
    skipped: Container[int] = ()
    """Seconds before the end at which nobody scrapes."""
    scrapes: list[float] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    history: History = field(default_factory=lambda: History(END))

    def __post_init__(self) -> None:
        self._journals = count()
        self.lose_journal()

    def lose_journal(self) -> None:
        """Goes on with an empty one."""
        self._journal = Journal(self.folder / f"journal-{next(self._journals)}")
        self._unseen: list[Operation] = []
        self._refused: list[str] = []

    def record(self, one: Operation) -> None:
        """Records an operation as it is."""
        self._journal.record(one)
        self._unseen.append(one)

    def refuse(self, operation_id: str) -> None:
        """Lets git not confirm an operation that claims success, if it is still known."""
        for claim in self._journal.claims(10_000):
            if claim.operation_id == operation_id:
                self._journal.settle(claim, "not_contained")
                self._refused.append(operation_id)

    def scrape(self, now: float) -> None:
        """Lets Prometheus see what the exporter shows now."""
        reading = self._journal.read(SLIDING, now)
        for family in journal_families(reading, REPOSITORIES, SLIDING, {}):
            for sample in family.samples:
                if sample.name.endswith(SHOWN):
                    self.history.at(sample.name, [(now, sample.value)], **sample.labels)
        self.scrapes.append(now)
        self.seen += [Seen(one, now) for one in self._unseen]
        for one in self.seen:
            if one.operation.operation_id in self._refused:
                one.refused = now
        self._unseen, self._refused = [], []

    def bounds(self, window: Window) -> tuple[float, float]:
        """The last scrapes not after the window's limits."""
        start, end = (max(at for at in self.scrapes if at <= limit) for limit in (window.start, window.end))
        return start, end


def lived(folder: Path, seed: int) -> Life:
    """Half an hour of operations, some reported late; restarts, and a journal that is lost."""
    dice, life = random.Random(seed), Life(folder)
    begin = END - LIFE
    down = [(at, at + dice.uniform(20, 400)) for at in (begin + dice.uniform(100, LIFE) for _ in range(2))]
    lost = begin + dice.uniform(600, LIFE)
    pace = dice.choice([4.0, 40.0, 200.0])
    due: list[tuple[float, str, Operation | str]] = [(lost, "lose", "")]
    now = begin
    while (now := now + dice.expovariate(1 / pace)) < END:
        made = _random_operation(dice, f"o{len(due)}", now)
        due.append((now, "record", made))
        if made.outcome in SUCCESSFUL and dice.random() < 0.2:
            due.append((now + 4, "refuse", made.operation_id))
    due += [(begin + EVERY * number, "scrape", "") for number in range(LIFE // EVERY + 1)]
    for moment, what, subject in sorted(due, key=lambda one: one[0]):
        if what == "lose":
            life.lose_journal()
        elif isinstance(subject, Operation):
            life.record(subject)
        elif what == "refuse":
            life.refuse(subject)
        elif not any(since <= moment <= until for since, until in down):
            life.scrape(moment)
    return life


def _random_operation(dice: random.Random, operation_id: str, now: float) -> Operation:
    ended = now - (dice.uniform(0, 3000) if dice.random() < 0.05 else dice.uniform(0, 1))
    duration = round(dice.lognormvariate(1, 1.5), 3)
    return operation(
        operation_id,
        kind=dice.choice([Kind.REBASE, Kind.MERGE]),
        target=dice.choice(["main", "release"]),
        outcome=dice.choice(list(Outcome)),
        started=ended - duration,
        duration=duration,
        resources=None,
    )


def windows(life: Life, dice: random.Random) -> Iterator[Window]:
    for _ in range(25):
        start = dice.uniform(life.scrapes[0], END - 60)
        yield Window(start, dice.uniform(start + 30, END))
    yield Window(life.scrapes[0], END)


@pytest.mark.parametrize("seed", range(2))
def test_the_report_says_what_the_journal_says_or_that_it_cannot(tmp_path: Path, seed: int) -> None:
    life = lived(tmp_path, seed)
    exact = 0
    with prometheus_holding(tmp_path, life.history) as prometheus:
        for window in windows(life, random.Random(seed)):
            said: list[str] = []
            found = performance_metrics(prometheus, window, said.append).alignment_operations
            start, end = life.bounds(window)
            counted = [one.operation for one in life.seen if start < one.scrape <= end]
            refused = [one for one in life.seen if one.refused and start < one.refused <= end]
            assert found.total_executed == len(counted)
            if counted:
                durations = [one.duration for one in counted]
                claimed = sum(1 for one in counted if one.outcome in SUCCESSFUL)
                rate = max(0, claimed - len(refused)) / len(counted)
                assert found.success_rate == pytest.approx(rate, abs=1e-6)
                assert found.average_time_seconds == pytest.approx(sum(durations) / len(counted), abs=1e-5)
                assert found.min_time_seconds in (None, min(durations))
                assert found.max_time_seconds in (None, max(durations))
                assert (None in (found.min_time_seconds, found.max_time_seconds)) is bool(said)
                exact += not said
    assert exact


def measured(folder: Path, history: History, start: float) -> tuple[float | None, float | None, list[str]]:
    """The shortest and the longest of what was counted from a moment to the end, and what was said."""
    said: list[str] = []
    with prometheus_holding(folder, history) as prometheus:
        found = performance_metrics(prometheus, Window(start, END), said.append).alignment_operations
    return found.min_time_seconds, found.max_time_seconds, said


def recorded(life: Life, *operations: tuple[float, float]) -> None:
    """Lets rebases end, each some seconds before the end of all and so long, with a scrape every 15 s."""
    waiting = sorted(operations, reverse=True)
    for number in range(40, -1, -1):
        before_end = number * EVERY
        while waiting and waiting[0][0] >= before_end:
            ago, duration = waiting.pop(0)
            life.record(operation(f"o{ago}", started=END - ago - duration, duration=duration, resources=None))
        if before_end not in life.skipped:
            life.scrape(END - before_end)


def test_the_first_of_a_short_window_is_known_if_it_beats_those_before_it(tmp_path: Path) -> None:
    life = Life(tmp_path)
    recorded(life, (250, 5.0), (240, 7.0), (100, 9.0), (90, 3.0))
    assert measured(tmp_path, life.history, END - 150) == (3.0, 9.0, [])


def test_the_first_of_a_short_window_may_be_hidden_by_one_before_it(tmp_path: Path) -> None:
    life = Life(tmp_path)
    recorded(life, (250, 1.0), (240, 70.0), (100, 9.0), (90, 3.0))
    shortest, longest, (said,) = measured(tmp_path, life.history, END - 150)
    assert (shortest, longest) == (None, None)
    assert said.startswith("the shortest or the longest operation is unknown")


def test_one_alone_is_known_by_what_the_counters_grew(tmp_path: Path) -> None:
    life = Life(tmp_path)
    recorded(life, (250, 1.0), (240, 70.0), (100, 9.0))
    assert measured(tmp_path, life.history, END - 150) == (9.0, 9.0, [])


def test_what_ended_while_nobody_scraped_is_unknown(tmp_path: Path) -> None:
    life = Life(tmp_path, skipped=frozenset(range(60, 480)))
    recorded(life, (450, 1.0), (440, 70.0), (30, 9.0))
    shortest, longest, said = measured(tmp_path, life.history, END - 580)
    assert (shortest, longest, len(said)) == (None, None, 1)
