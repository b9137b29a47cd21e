"""``alignwatch`` whose stack prefers other ports than the usual ones: three numbers, then its arguments.

So no test takes another's that runs at the same time, and none that asks the usual addresses is answered.
"""

import sys

from alignwatch.cli import main
from alignwatch.stack import members

members.EXPORTER_PORT, members.PROMETHEUS_PORT, members.ALERTMANAGER_PORT = map(int, sys.argv[1:4])
sys.exit(main(sys.argv[4:]))
