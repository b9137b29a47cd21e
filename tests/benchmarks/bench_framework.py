"""What each method of the framework costs on a repository of 649 branches: seconds and memory.

Each is called in a process of its own, after the framework has been made; memory is what the largest resident
set of that process grows by. The bounds are the specification's.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support.fleet import new_fleet

MEGABYTES = 10.0
BOUNDS = {
    "check_system_health()": 1.0,
    "collect_performance_metrics()": 0.5,
    "get_component_performance()": 0.5,
    "get_resource_usage()": 1.0,
    "schedule_maintenance_task('log_rotation', '30 2 * * *')": 0.5,
    "send_alert(Alert(severity='info', message='bench'))": 0.5,
    "run_diagnostics()": 3.0,
    "generate_monitoring_report()": 3.0,
    "profile()": 0.5,
}
"""Call -> seconds at most."""

_PROGRAM = """
import resource, sys, time
from alignwatch import Alert, MaintenanceMonitoringFramework
framework = MaintenanceMonitoringFramework(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.perf_counter()
eval("framework." + sys.argv[2])
seconds = time.perf_counter() - began
print(seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000)
"""


def main() -> int:
    """Measures and prints; 1 if a bound does not hold."""
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        repository = new_fleet(Path(scratch) / "app", branches=649, commits=6000, empty=True)
        environment = {**os.environ, "ALIGNWATCH_STATE_DIR": f"{scratch}/state"}
        for call, seconds_at_most in BOUNDS.items():
            command = [sys.executable, "-c", _PROGRAM, os.fspath(repository), call]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            seconds, megabytes = map(float, done.stdout.split())
            well = seconds <= seconds_at_most and megabytes <= MEGABYTES
            failed |= not well
            print(
                f"{call:58} {seconds:6.3f} s (at most {seconds_at_most:.1f})  "
                f"{megabytes:5.1f} MB (at most {MEGABYTES:.0f})  {'' if well else 'TOO MUCH'}".rstrip()
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
