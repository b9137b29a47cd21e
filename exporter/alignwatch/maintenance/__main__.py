"""A runner that the exporter has started: does what is due, with the settings on its standard input."""

import signal
import sys

import msgspec

from alignwatch.errors import AlignwatchError
from alignwatch.journal.maintenance import Ending
from alignwatch.maintenance.order import Starter
from alignwatch.maintenance.runner import Runner, end_in_order
from alignwatch.settings import Settings


def main() -> int:
    """Does what is due."""
    end_in_order()
    settings = msgspec.json.decode(Starter().line, type=Settings)
    runner = Runner(settings, _say)
    try:
        runner.run_due()
    except AlignwatchError as error:
        print(f"maintenance: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGTERM
    finally:
        runner.close()
    return 0


def _say(task: str, repository: str, ending: Ending) -> None:
    print(f"maintenance: {task} {repository} {ending.outcome} {ending.reason}".rstrip(), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
