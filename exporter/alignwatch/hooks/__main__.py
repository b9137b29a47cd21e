"""Tells everybody, with the settings on standard input, and ends; the exporter starts it."""

import asyncio
import fcntl
import signal
import sys
from pathlib import Path

import msgspec

from alignwatch.errors import AlignwatchError
from alignwatch.hooks.teller import tell
from alignwatch.journal.notices import Notices
from alignwatch.maintenance.order import Starter
from alignwatch.settings import Settings
from alignwatch.state_dir import journal_path


async def _until_told(settings: Settings) -> None:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  # a coroutine runs in one
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with Notices(journal_path(settings.state_folder)) as notices:
        await tell(settings, notices)


def main() -> int:
    """Tells what there is to tell, unless another process of the same state folder does."""
    settings = msgspec.json.decode(Starter().line, type=Settings)
    folder = Path(settings.state_folder)
    with (folder / "hooks.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            asyncio.run(_until_told(settings))
        except BlockingIOError:
            return 0
        except asyncio.CancelledError:
            return 128 + signal.SIGTERM
        except AlignwatchError as error:
            print(f"hooks: {error}", file=sys.stderr)
            return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
