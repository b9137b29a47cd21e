"""What is handed out is the newest that is known, also where making it takes long."""

import asyncio
import json
import threading
import time
from pathlib import Path

import pytest

from alignwatch.daemon.publishing import Publishing
from alignwatch.hooks.status_file import StatusFile
from alignwatch.publisher import Knowledge, Publication, Publisher
from alignwatch.session import SessionState, begun, next_session
from alignwatch.settings import Settings
from alignwatch.snapshot import Snapshot


class SlowPublisher(Publisher):
    """Makes a publication when it is let."""

    def __init__(self) -> None:
        super().__init__("2.39.5")
        self.began, self.let = threading.Event(), threading.Event()

    def make(self, knowledge: Knowledge) -> Publication:
        self.began.set()
        self.let.wait(20)
        return super().make(knowledge)


def knowledge(*, stopping: bool = False) -> Knowledge:
    now = time.time()
    return Knowledge(
        settings=Settings(),
        snapshot=Snapshot(now),
        journal=None,
        trends={},
        reload_ok=True,
        reload_time=now,
        session=next_session(begun(now), to_come=(), amiss=(), stopping=stopping, now=now),
    )


def test_what_is_being_made_at_the_end_does_not_come_after_the_last_word(tmp_path: Path) -> None:
    publisher, status_file = SlowPublisher(), StatusFile(str(tmp_path / "status.json"))
    publishing = Publishing(publisher)

    async def end_in_the_middle() -> None:
        changed = asyncio.Event()
        changed.set()
        keeping = asyncio.create_task(publishing.keep(changed, knowledge, status_file))
        await asyncio.to_thread(publisher.began.wait, 20)
        keeping.cancel()
        await asyncio.wait([keeping], timeout=0.1)
        assert not keeping.done()
        publisher.let.set()
        await asyncio.wait([keeping])
        publishing.publish(knowledge(stopping=True), status_file)

    asyncio.run(end_in_the_middle())
    said = json.loads((tmp_path / "status.json").read_text())
    assert said["session"]["state"] == SessionState.STOPPING


@pytest.mark.parametrize("turns", range(5))
def test_it_ends_also_when_something_new_comes_in_that_moment(tmp_path: Path, turns: int) -> None:
    publishing, status_file = Publishing(Publisher("2.39.5")), StatusFile(None)

    async def end_as_something_comes() -> None:
        changed = asyncio.Event()
        keeping = asyncio.create_task(publishing.keep(changed, knowledge, status_file))
        await asyncio.sleep(0.01)
        changed.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        keeping.cancel()
        await asyncio.wait([keeping], timeout=5)
        assert keeping.cancelled()

    asyncio.run(end_as_something_comes())
